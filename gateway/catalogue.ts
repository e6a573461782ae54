import { agentId } from '../core/agent';
import { FleetError } from '../core/errors';
import { METHOD_HEADER, PROTOCOL_VERSION_HEADER } from '../core/headers';
import { isObject, MODERN_REVISION, MODERN_VERSION_META } from '../core/message';
import { type ParamHeader, paramHeaders } from '../core/param-headers';
import type { Json } from '../core/strict-json';
import { readAnswer, readResponse } from './answer';
import type { Gateway } from './gateway';

/** How long a server's list of tools is believed, in milliseconds. */
const LIST_LIFETIME_MS = 60_000;
/** Pages that are read of one list. */
const PAGE_LIMIT = 50;
const OWN_REQUEST_ID = 'cdk-mcp-fleet';

/** What the gateway itself knows of a server's tools, from a list of its own: an agent's filtered list is never the source. */
export class Catalogue {
  private readonly lists = new Map<string, { tools: Promise<ReadonlyMap<string, readonly ParamHeader[]>>; until: number }>();

  /**
   * Headers that a modern call of this tool must carry. None where the server gives no list, or does not have the tool:
   * then it is the server that refuses.
   */
  async paramHeaders(server: string, tool: string, gateway: Gateway): Promise<readonly ParamHeader[]> {
    const known = await this.list(server, gateway);
    return known.get(tool) ?? [];
  }

  private list(server: string, gateway: Gateway): Promise<ReadonlyMap<string, readonly ParamHeader[]>> {
    const hit = this.lists.get(server);
    if (hit !== undefined && hit.until > gateway.now()) return hit.tools;
    const tools = readTools(server, gateway).catch((error: Error) => {
      gateway.log.warn({ event: 'tools_not_listed', server, reason: FleetError.is(error) ? error.detail.reason : error.message });
      return new Map<string, readonly ParamHeader[]>();
    });
    this.lists.set(server, { tools, until: gateway.now() + LIST_LIFETIME_MS });
    return tools;
  }
}

async function readTools(server: string, gateway: Gateway): Promise<ReadonlyMap<string, readonly ParamHeader[]>> {
  const tools = new Map<string, readonly ParamHeader[]>();
  let cursor: Json | undefined;
  for (let page = 0; page < PAGE_LIMIT; page++) {
    const result = await readPage(server, cursor, gateway);
    for (const tool of Array.isArray(result.tools) ? result.tools : []) {
      if (isObject(tool) && typeof tool.name === 'string') tools.set(tool.name, paramHeaders(tool.inputSchema));
    }
    cursor = result.nextCursor;
    if (typeof cursor !== 'string') break;
  }
  return tools;
}

async function readPage(server: string, cursor: Json | undefined, gateway: Gateway): Promise<{ readonly [member: string]: Json }> {
  const _meta = { [MODERN_VERSION_META]: MODERN_REVISION, 'io.modelcontextprotocol/clientCapabilities': {} };
  const body = { jsonrpc: '2.0', id: OWN_REQUEST_ID, method: 'tools/list', params: { ...(cursor !== undefined && { cursor }), _meta } };
  const response = await gateway.upstreams.send({
    server,
    serverConfig: gateway.config.servers[server] as Gateway['config']['servers'][string],
    method: 'POST',
    headers: {
      accept: 'application/json, text/event-stream',
      'content-type': 'application/json',
      [PROTOCOL_VERSION_HEADER]: MODERN_REVISION,
      [METHOD_HEADER]: 'tools/list',
    },
    body: Buffer.from(JSON.stringify(body)),
    context: { agent: OWN_AGENT, server },
  });
  return readResponse(await readAnswer(response, { id: OWN_REQUEST_ID })).result;
}

/** The gateway as a caller of its own. */
const OWN_AGENT = agentId({ issuer: 'cdk-mcp-fleet', subject: 'gateway' });
