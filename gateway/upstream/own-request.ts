import { agentId } from '../../core/agent';
import { FleetError } from '../../core/errors';
import type { CallContext } from '../../core/fleet-config';
import { METHOD_HEADER, NAME_HEADER, PROTOCOL_VERSION_HEADER } from '../../core/headers';
import { type Era, isObject, type JsonObject, MODERN_REVISION, MODERN_VERSION_META } from '../../core/message';
import { encodeHeaderValue, writeParamHeaders } from '../../core/param-headers';
import type { Gateway } from '../gateway';
import { type ResponseFacts, readAnswer, readResponse } from './answer';
import { OwnSession } from './own-session';
import type { UpstreamResponse } from './upstreams';

/** Id of the gateway's own requests; no agent ever sees their answers. */
export const OWN_REQUEST_ID = 'cdk-mcp-fleet';

/** The gateway as a caller of its own. */
const OWN_AGENT = agentId({ issuer: 'cdk-mcp-fleet', subject: 'gateway' });

/** What it says of itself where a server wants a session. */
const OWN_INITIALIZE = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: OWN_REQUEST_ID, version: '1' } };

/** How long a server's era is believed, in milliseconds. */
const ERA_LIFETIME_MS = 60_000;

/** The gateway's own requests, in whichever era their server speaks. */
export class OwnRequests {
  private readonly eras = new Map<string, { readonly era: Promise<Era>; readonly until: number }>();

  /**
   * Asks a server something; in the legacy era in a session that is opened for it and ended again.
   * @param context on whose behalf; default nobody's
   * @throws FleetError as `Upstreams.send` does; OUTCOME_UNKNOWN when the server refuses to be spoken to
   */
  async ask(
    server: string,
    method: string,
    params: JsonObject,
    gateway: Gateway,
    context: CallContext = { agent: OWN_AGENT, server },
  ): Promise<ResponseFacts> {
    if ((await this.eraOf(server, gateway)) === 'modern') return askModern(server, method, params, gateway, context);
    const session = await OwnSession.open({ agent: context.agent, server }, OWN_INITIALIZE, gateway);
    try {
      return await session.ask(method, params, context.callId);
    } finally {
      await session.end();
    }
  }

  private eraOf(server: string, gateway: Gateway): Promise<Era> {
    const known = this.eras.get(server);
    if (known !== undefined && known.until > gateway.now()) return known.era;
    const era = discoverEra(server, gateway);
    this.eras.set(server, { era, until: gateway.now() + ERA_LIFETIME_MS });
    era.catch(() => this.eras.delete(server));
    return era;
  }
}

/** A server that does not know `server/discover` is one of the legacy era (MCP 2026-07-28, versioning). */
async function discoverEra(server: string, gateway: Gateway): Promise<Era> {
  try {
    const response = await sendModern(server, 'server/discover', {}, gateway);
    const text = await readAnswer(response, { id: OWN_REQUEST_ID });
    return response.status < 400 && !readResponse(text).isError ? 'modern' : 'legacy';
  } catch (error) {
    // Servers of the legacy era may look for a session first.
    if (FleetError.is(error) && error.kind === 'UNKNOWN_SESSION') return 'legacy';
    throw error;
  }
}

/**
 * Asks a server something in the modern era.
 * @throws FleetError as `Upstreams.send` does; a server of the legacy era answers with an error
 */
export async function askModern(
  server: string,
  method: string,
  params: JsonObject,
  gateway: Gateway,
  context: CallContext = { agent: OWN_AGENT, server },
): Promise<UpstreamResponse & ResponseFacts> {
  const response = await sendModern(server, method, params, gateway, context);
  return { ...response, ...readResponse(await readAnswer(response, { id: OWN_REQUEST_ID })) };
}

async function sendModern(
  server: string,
  method: string,
  params: JsonObject,
  gateway: Gateway,
  context: CallContext = { agent: OWN_AGENT, server },
): Promise<UpstreamResponse> {
  const _meta = { ...(params._meta as JsonObject | undefined), ...MODERN_META };
  return gateway.upstreams.send({
    server,
    serverConfig: gateway.config.servers[server] as Gateway['config']['servers'][string],
    method: 'POST',
    headers: {
      accept: 'application/json, text/event-stream',
      'content-type': 'application/json',
      [PROTOCOL_VERSION_HEADER]: MODERN_REVISION,
      [METHOD_HEADER]: method,
      ...(await toolHeaders(server, params, gateway)),
    },
    body: Buffer.from(JSON.stringify({ jsonrpc: '2.0', id: OWN_REQUEST_ID, method, params: { ...params, _meta } })),
    context,
  });
}

/** A tool's schema may want arguments repeated in headers. */
async function toolHeaders(server: string, { name, arguments: args }: JsonObject, gateway: Gateway): Promise<Record<string, string>> {
  if (typeof name !== 'string') return {};
  const wanted = await gateway.catalogue.paramHeaders(server, name, gateway);
  return { [NAME_HEADER]: encodeHeaderValue(name), ...writeParamHeaders(wanted, isObject(args) ? args : {}) };
}

const MODERN_META = { [MODERN_VERSION_META]: MODERN_REVISION, 'io.modelcontextprotocol/clientCapabilities': {} };
