import type { CallContext, FleetConfig, ServerConfig } from '../../core/fleet-config';
import { PROTOCOL_VERSION_HEADER, SESSION_HEADER } from '../../core/headers';
import { type ResponseFacts, readAnswer, readResponse } from './answer';
import type { UpstreamResponse, Upstreams } from './upstreams';

/** Id of the gateway's own requests; no agent ever sees their answers. */
export const OWN_REQUEST_ID = 'cdk-mcp-fleet';

/** Where a session of the legacy era is. */
export interface Place {
  /** Absent at a server that holds no sessions. */
  readonly upstream: string | undefined;
  readonly cookie: string | undefined;
  readonly instance: string | undefined;
}

export interface OwnSessionParts {
  readonly config: Pick<FleetConfig, 'servers'>;
  readonly upstreams: Upstreams;
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
   * @throws FleetError as `Upstreams.send` does; OUTCOME_UNKNOWN when the server refuses
   */
  static async open(context: CallContext, params: unknown, parts: OwnSessionParts): Promise<OwnSession> {
    const response = await post(context, parts, { jsonrpc: '2.0', id: OWN_REQUEST_ID, method: 'initialize', params }, {});
    const { result } = readResponse(await readAnswer(response, { id: OWN_REQUEST_ID }));
    const upstream = response.headers[SESSION_HEADER];
    const place = { upstream: typeof upstream === 'string' ? upstream : undefined, cookie: response.cookie, instance: response.instance };
    const session = new OwnSession(place, String(result.protocolVersion), context, parts);
    await session.tell('notifications/initialized');
    return session;
  }

  async ask(method: string, params: unknown, callId?: string): Promise<ResponseFacts> {
    const response = await this.post({ jsonrpc: '2.0', id: OWN_REQUEST_ID, method, params }, callId);
    return readResponse(await readAnswer(response, { id: OWN_REQUEST_ID }));
  }

  /** Ends it; where that cannot be told, the instance ends it when it is idle. */
  async end(): Promise<void> {
    if (this.place.upstream === undefined) return;
    const response = await this.post(undefined).catch(() => undefined);
    response?.body.resume();
  }

  private async tell(method: string): Promise<void> {
    const response = await this.post({ jsonrpc: '2.0', method });
    response.body.resume();
  }

  private post(message: object | undefined, callId?: string): Promise<UpstreamResponse> {
    const { upstream, cookie } = this.place;
    const session = upstream === undefined ? {} : { session: { upstream, ...(cookie !== undefined && { cookie }) } };
    const context = { ...this.context, ...(callId !== undefined && { callId }) };
    return post(context, this.parts, message, { ...session, revision: this.revision });
  }
}

/** @param message absent to end the session */
function post(
  context: CallContext,
  { config, upstreams }: OwnSessionParts,
  message: object | undefined,
  { session, revision }: { session?: { upstream: string; cookie?: string }; revision?: string },
): Promise<UpstreamResponse> {
  return upstreams.send({
    server: context.server,
    serverConfig: config.servers[context.server] as ServerConfig,
    method: message === undefined ? 'DELETE' : 'POST',
    headers: {
      accept: 'application/json, text/event-stream',
      'content-type': 'application/json',
      ...(revision !== undefined && { [PROTOCOL_VERSION_HEADER]: revision }),
    },
    ...(message !== undefined && { body: Buffer.from(JSON.stringify(message)) }),
    ...(session !== undefined && { session }),
    context,
  });
}
