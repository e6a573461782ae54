import { randomUUID } from 'node:crypto';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { API_LIMITS } from '../../core/api-gateway';
import { closeServer, listenOnLoopback, portOf } from '../processes/http-server';
import { answerWith } from './answers';
import type { Authorizers } from './authorize';
import { integrate, type ListenerPlace } from './integrate';
import { type ApiSnapshot, findMethod } from './rest-api';

export interface StageOptions {
  readonly apiId: string;
  readonly account: string;
  readonly region: string;
  readonly stage: string;
  /** Port on 127.0.0.1; 0 takes a free one. */
  readonly port: number;
  readonly authorizers: Authorizers;
  /** Where on this machine a load balancer's listener is; undefined where there is none. */
  readonly listenerAt: (loadBalancer: string, port: number) => ListenerPlace | undefined;
}

/** One stage of an API under its custom domain, as an HTTP server on loopback: TLS and that name end before it. */
export class Stage {
  private constructor(
    private readonly server: Server,
    private readonly options: StageOptions,
    public snapshot: ApiSnapshot,
  ) {}

  static async start(snapshot: ApiSnapshot, options: StageOptions): Promise<Stage> {
    const server = await listenOnLoopback((request, response) => {
      // Half a request has nobody to answer.
      stage.answer(request, response).catch(() => response.destroy());
    }, options.port);
    const stage = new Stage(server, options, snapshot);
    server.requestTimeout = 0;
    return stage;
  }

  get port(): number {
    return portOf(this.server);
  }

  stop(): Promise<void> {
    return closeServer(this.server);
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { snapshot, options } = this;
    const requestId = randomUUID();
    if (headBytes(request) > API_LIMITS.headBytes) {
      response
        .writeHead(431, { 'content-type': 'application/json', 'x-amzn-requestid': requestId })
        .end('{"message":"Request header too large"}');
      return;
    }
    const [path = '/', ...rest] = (request.url ?? '/').split('?');
    const found = findMethod(snapshot, request.method as string, path);
    if (found === undefined) return answerWith('MISSING_AUTHENTICATION_TOKEN', snapshot, response, requestId);
    const body = await bodyOf(request);
    if (body === undefined) return answerWith('REQUEST_TOO_LARGE', snapshot, response, requestId);
    const { resource, parameters, method } = found;
    const authorizer = method.authorizer === undefined ? undefined : snapshot.authorizers.get(method.authorizer);
    if (method.authorizer !== undefined) {
      if (authorizer === undefined) return answerWith('AUTHORIZER_CONFIGURATION_ERROR', snapshot, response, requestId);
      const about = { ...options, resource, path, parameters, requestId };
      const refusal = await options.authorizers.judge(method.authorizer, authorizer, request, about);
      if (refusal !== undefined) return answerWith(refusal, snapshot, response, requestId);
    }
    const { integration } = method;
    const secure = integration.uri.startsWith('https:');
    const listener = options.listenerAt(integration.target, secure ? 443 : 80);
    if (listener === undefined) return answerWith('INTEGRATION_FAILURE', snapshot, response, requestId);
    const query = rest.length > 0 ? `?${rest.join('?')}` : '';
    integrate(request, response, listener, { integration, snapshot, stage: options.stage, parameters, query, body, requestId });
  }
}

function headBytes({ method = '', url = '', rawHeaders }: IncomingMessage): number {
  const line = `${method} ${url} HTTP/1.1\r\n`.length;
  return rawHeaders.reduce((sum, text) => sum + Buffer.byteLength(text, 'latin1') + 2, line);
}

/** Requests are not streamed: one is sent on when it is whole. @returns undefined where it is too large */
async function bodyOf(request: IncomingMessage): Promise<Buffer | undefined> {
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of request) {
    size += (piece as Buffer).length;
    if (size <= API_LIMITS.bodyBytes) pieces.push(piece as Buffer);
  }
  return size > API_LIMITS.bodyBytes ? undefined : Buffer.concat(pieces);
}
