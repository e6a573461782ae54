import { FleetError } from '../../core/errors';
import { isObject } from '../../core/message';
import { type ParamHeader, paramHeaders } from '../../core/param-headers';
import type { Json } from '../../core/strict-json';
import type { Gateway } from '../gateway';
import { askModern } from './own-request';

/** How long a server's list of tools is believed, in milliseconds. */
const LIST_LIFETIME_MS = 60_000;
/** Pages that are read of one list. */
const PAGE_LIMIT = 50;

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
    const { result } = await askModern(server, 'tools/list', cursor === undefined ? {} : { cursor }, gateway);
    for (const tool of Array.isArray(result.tools) ? result.tools : []) {
      if (isObject(tool) && typeof tool.name === 'string') tools.set(tool.name, paramHeaders(tool.inputSchema));
    }
    cursor = result.nextCursor;
    if (typeof cursor !== 'string') break;
  }
  return tools;
}
