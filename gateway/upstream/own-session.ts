import { endedBy } from '../../core/endings';
import type { CallContext, FleetConfig, ServerConfig } from '../../core/fleet-config';
import { PROTOCOL_VERSION_HEADER, SESSION_HEADER } from '../../core/headers';
import type { Decision } from '../../core/policy';
import type { Response } from '../../core/response';
import { type SeatedParts, sendSeated } from '../capacity/seated';
import { type OwnMessage, ownMessage, ownPatience, readOwnAnswer, resultIn, seatedPatience } from './own-answer';
import type { UpstreamRequest, UpstreamResponse } from './upstreams';

/** Where a session of the legacy era is. */
export interface Place {
  /** Absent at a server that holds no sessions. */
  readonly upstream: string | undefined;
  readonly cookie: string | undefined;
  readonly instance: string | undefined;
}

export interface OwnSessionParts extends SeatedParts {
  readonly config: Pick<FleetConfig, 'servers'>;
}

/** A session that the gateway itself opens at a server, on an agent's behalf. */
export class OwnSession {
  private constructor(
    readonly place: Place,
    /** Revision that was negotiated. */
    readonly revision: string,
    private readonly context: CallContext,
    private readonly parts: OwnSessionParts,
  ) {}

  /**
   * Says initialize and that it is done.
   * @param params of initialize
   * @param decision on the agent that it is opened for again
   * @throws FleetError as `Upstreams.send` does; OUTCOME_UNKNOWN when the server refuses
   */
  static async open(
    context: CallContext,
    params: unknown,
    parts: OwnSessionParts,
    decision?: Pick<Decision, 'terms'>,
  ): Promise<OwnSession> {
    const message = ownMessage('initialize', params);
    const response = await post(context, parts, message, { ...(decision !== undefined && { decision }) });
    const result = resultIn(await readOwnAnswer(response, message));
    const upstream = response.headers[SESSION_HEADER];
    const place = { upstream: typeof upstream === 'string' ? upstream : undefined, cookie: response.cookie, instance: response.instance };
    const { protocolVersion } = result;
    if (typeof protocolVersion !== 'string') throw endedBy('no_response', 'the server did not open a session');
    const session = new OwnSession(place, protocolVersion, context, parts);
    await session.tell('notifications/initialized');
    return session;
  }

  async ask(method: string, params: unknown, callId?: string): Promise<Response> {
    const message = ownMessage(method, params);
    return readOwnAnswer(await this.post(message, callId), message);
  }

  /** Ends it; where that cannot be told, the instance ends it when it is idle. */
  async end(): Promise<void> {
    if (this.place.upstream === undefined) return;
    const response = await this.post(undefined).catch(() => undefined);
    response?.body.letGo();
  }

  private async tell(method: string): Promise<void> {
    const response = await this.post({ method, text: JSON.stringify({ jsonrpc: '2.0', method }) });
    response.body.letGo();
  }

  private post(message: Said | undefined, callId?: string): Promise<UpstreamResponse> {
    const { upstream, cookie } = this.place;
    const session = upstream === undefined ? {} : { session: { upstream, ...(cookie !== undefined && { cookie }) } };
    const context = { ...this.context, ...(callId !== undefined && { callId }) };
    return post(context, this.parts, message, { ...session, revision: this.revision });
  }
}

type Said = Pick<OwnMessage, 'method' | 'text'>;

/** @param message absent to end the session */
function post(
  context: CallContext,
  parts: OwnSessionParts,
  message: Said | undefined,
  { session, revision, decision }: Pick<UpstreamRequest, 'session' | 'decision'> & { readonly revision?: string },
): Promise<UpstreamResponse> {
  const request: UpstreamRequest = {
    server: context.server,
    serverConfig: parts.config.servers[context.server] as ServerConfig,
    method: message === undefined ? 'DELETE' : 'POST',
    headers: revision === undefined ? {} : { [PROTOCOL_VERSION_HEADER]: revision },
    ...(message !== undefined && { body: message.text }),
    ...(session !== undefined && { session }),
    ...(decision !== undefined && { decision }),
    context,
  };
  const { method } = message ?? { method: 'DELETE' };
  return session === undefined && method === 'initialize'
    ? sendSeated(request, parts, seatedPatience(method, request.serverConfig))
    : parts.upstreams.send(request, ownPatience(method));
}
