import { agentId } from '../../core/agent';
import { METHOD_HEADER, PROTOCOL_VERSION_HEADER } from '../../core/headers';
import { type JsonObject, MODERN_REVISION, MODERN_VERSION_META } from '../../core/message';
import type { Gateway } from '../gateway';
import { readAnswer, readResponse } from './answer';
import type { UpstreamResponse } from './upstreams';

/** Id of the gateway's own requests; no agent ever sees their answers. */
export const OWN_REQUEST_ID = 'cdk-mcp-fleet';

/** The gateway as a caller of its own. */
const OWN_AGENT = agentId({ issuer: 'cdk-mcp-fleet', subject: 'gateway' });

/**
 * Asks a server something in the modern era, in nobody's name.
 * @throws FleetError as `Upstreams.send` does; a server of the legacy era answers with an error
 */
export async function askModern(
  server: string,
  method: string,
  params: JsonObject,
  gateway: Gateway,
): Promise<UpstreamResponse & { result: JsonObject }> {
  const _meta = { [MODERN_VERSION_META]: MODERN_REVISION, 'io.modelcontextprotocol/clientCapabilities': {} };
  const response = await gateway.upstreams.send({
    server,
    serverConfig: gateway.config.servers[server] as Gateway['config']['servers'][string],
    method: 'POST',
    headers: {
      accept: 'application/json, text/event-stream',
      'content-type': 'application/json',
      [PROTOCOL_VERSION_HEADER]: MODERN_REVISION,
      [METHOD_HEADER]: method,
    },
    body: Buffer.from(JSON.stringify({ jsonrpc: '2.0', id: OWN_REQUEST_ID, method, params: { ...params, _meta } })),
    context: { agent: OWN_AGENT, server },
  });
  const { result } = readResponse(await readAnswer(response, { id: OWN_REQUEST_ID }));
  return { ...response, result };
}
