import { agentId } from '../../core/agent';
import type { Era } from '../../core/era';
import { FleetError } from '../../core/errors';
import type { CallContext, FleetConfig, ServerConfig } from '../../core/fleet-config';
import { METHOD_HEADER, PROTOCOL_VERSION_HEADER } from '../../core/headers';
import { type JsonObject, MODERN_REVISION, MODERN_VERSION_META } from '../../core/message';
import { OWN_INITIALIZE } from '../../core/own-initialize';
import type { Response } from '../../core/response';
import { type SeatedParts, sendSeated } from '../capacity/seated';
import { type OwnMessage, ownMessage, readOwnAnswer, seatedPatience } from './own-answer';
import { OwnSession } from './own-session';
import type { UpstreamRequest, UpstreamResponse } from './upstreams';

/** The gateway as a caller of its own. */
export const OWN_AGENT = agentId({ issuer: 'cdk-mcp-fleet', subject: 'gateway' });

/** How long a server's era is believed, in milliseconds. */
const ERA_LIFETIME_MS = 60_000;

export interface OwnRequestParts extends SeatedParts {
  readonly config: Pick<FleetConfig, 'servers'>;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** What else a modern request must carry; found out only for a server of that era. */
type ModernHeaders = () => Promise<Readonly<Record<string, string>>>;

const NO_HEADERS: ModernHeaders = async () => ({});

/** The gateway's own requests, in whichever era their server speaks. */
export class OwnRequests {
  private readonly eras = new Map<string, { readonly era: Promise<Era>; readonly until: number }>();

  constructor(private readonly parts: OwnRequestParts) {}

  /**
   * Asks a server something; in the legacy era in a session that is opened for it and ended again.
   * @param context on whose behalf; default nobody's
   * @throws FleetError as `Upstreams.send` does; OUTCOME_UNKNOWN when the server refuses to be spoken to
   */
  async ask(
    server: string,
    method: string,
    params: JsonObject,
    context: CallContext = { agent: OWN_AGENT, server },
    headers = NO_HEADERS,
  ): Promise<Response> {
    if ((await this.eraOf(server)) === 'modern') return this.askModern(server, method, params, context, headers);
    const session = await OwnSession.open({ agent: context.agent, server }, OWN_INITIALIZE, this.parts);
    try {
      return await session.ask(method, params, context.callId);
    } finally {
      await session.end();
    }
  }

  /**
   * Asks a server something in the modern era.
   * @throws FleetError as `Upstreams.send` does; a server of the legacy era answers with an error
   */
  async askModern(
    server: string,
    method: string,
    params: JsonObject,
    context: CallContext = { agent: OWN_AGENT, server },
    headers = NO_HEADERS,
  ): Promise<Response & Pick<UpstreamResponse, 'cookie' | 'instance'>> {
    const message = modernMessage(method, params);
    const response = await this.sendModern(server, message, context, headers);
    const { cookie, instance } = response;
    const place = { ...(cookie !== undefined && { cookie }), ...(instance !== undefined && { instance }) };
    return { ...place, ...(await readOwnAnswer(response, message)) };
  }

  private eraOf(server: string): Promise<Era> {
    const known = this.eras.get(server);
    if (known !== undefined && known.until > this.parts.now()) return known.era;
    const era = this.discoverEra(server);
    this.eras.set(server, { era, until: this.parts.now() + ERA_LIFETIME_MS });
    era.catch(() => this.eras.delete(server));
    return era;
  }

  /** A server that does not know `server/discover` is one of the legacy era (MCP 2026-07-28, versioning). */
  private async discoverEra(server: string): Promise<Era> {
    try {
      const message = modernMessage('server/discover', {});
      const response = await this.sendModern(server, message, { agent: OWN_AGENT, server }, NO_HEADERS);
      const { member } = await readOwnAnswer(response, message);
      return response.status < 400 && member === 'result' ? 'modern' : 'legacy';
    } catch (error) {
      // Servers of the legacy era may look for a session first.
      if (FleetError.is(error) && error.kind === 'UNKNOWN_SESSION') return 'legacy';
      throw error;
    }
  }

  private async sendModern(
    server: string,
    { method, text }: OwnMessage,
    context: CallContext,
    headers: ModernHeaders,
  ): Promise<UpstreamResponse> {
    const { config } = this.parts;
    const request: UpstreamRequest = {
      server,
      serverConfig: config.servers[server] as ServerConfig,
      method: 'POST',
      headers: { [PROTOCOL_VERSION_HEADER]: MODERN_REVISION, [METHOD_HEADER]: method, ...(await headers()) },
      body: text,
      context,
    };
    return sendSeated(request, this.parts, seatedPatience(method, request.serverConfig));
  }
}

function modernMessage(method: string, params: JsonObject): OwnMessage {
  const _meta = { ...(params._meta as JsonObject | undefined), ...MODERN_META };
  return ownMessage(method, { ...params, _meta });
}

const MODERN_META = { [MODERN_VERSION_META]: MODERN_REVISION, 'io.modelcontextprotocol/clientCapabilities': {} };
