import { type IncomingMessage, type ServerResponse, request as send } from 'node:http';
import { request as sendSecurely } from 'node:https';
import { API_LIMITS } from '../../core/api-gateway';
import { type AnswerType, answerWith } from './answers';
import type { ApiIntegration, ApiSnapshot } from './rest-api';

/** What is on its way to an integration. */
export interface Integrated {
  readonly integration: ApiIntegration;
  readonly snapshot: ApiSnapshot;
  readonly stage: string;
  readonly parameters: Readonly<Record<string, string>>;
  /** With its `?`; empty where there is none. */
  readonly query: string;
  readonly body: Buffer;
  readonly requestId: string;
}

/** A listener of a load balancer on this machine. */
export interface ListenerPlace {
  readonly port: number;
  /** PEM text of whoever has issued its certificate; absent where it speaks plain HTTP. */
  readonly authority?: string;
}

/** Of one connection only (RFC 9110 §7.6.1), and those that API Gateway writes itself. */
const NOT_FORWARDED = ['connection', 'keep-alive', 'transfer-encoding', 'upgrade', 'te', 'trailer', 'expect', 'host', 'content-length'];
const NOT_RETURNED = ['connection', 'keep-alive', 'transfer-encoding'];
/** "Important notes": these of an integration's answer are given other names. */
const REMAPPED = ['www-authenticate', 'server', 'date', 'via', 'x-amzn-trace-id'];
/** How long an answer that is held back whole may take, in milliseconds. */
const BUFFERED_MS = 29_000;

/** Sends a request to where its link leads, and what comes of it back. */
export function integrate(request: IncomingMessage, response: ServerResponse, { port, authority }: ListenerPlace, about: Integrated): void {
  const { integration, snapshot, requestId, body } = about;
  const isOver = (type: AnswerType): void => {
    outgoing.destroy();
    if (response.headersSent) response.destroy();
    else answerWith(type, snapshot, response, requestId);
  };
  const limit = integration.streams ? integration.timeoutMs : Math.min(integration.timeoutMs, BUFFERED_MS);
  const end = setTimeout(() => isOver('INTEGRATION_TIMEOUT'), limit);
  response.once('close', () => {
    clearTimeout(end);
    outgoing.destroy();
  });
  const { path, host } = placeOf(about);
  const outgoing = (authority === undefined ? send : sendSecurely)(
    {
      host: '127.0.0.1',
      port,
      ...(authority !== undefined && { ca: authority, servername: 'localhost' }),
      method: integration.method ?? request.method,
      path,
      headers: { ...requestHeaders(request), host, ...(body.length > 0 && { 'content-length': String(body.length) }) },
      timeout: API_LIMITS.idleSeconds * 1_000,
    },
    (answer) => {
      response.writeHead(answer.statusCode as number, responseHeaders(answer, requestId));
      if (integration.streams) response.flushHeaders();
      answer.once('error', () => response.destroy());
      answer.pipe(response);
    },
  );
  outgoing.once('timeout', () => isOver('INTEGRATION_TIMEOUT'));
  outgoing.once('error', () => {
    if (!response.destroyed && !response.writableEnded) isOver('INTEGRATION_FAILURE');
  });
  outgoing.end(snapshot.isBinary ? body : Buffer.from(body.toString('utf8')));
}

/** A private integration begins the path with the stage ("Private integrations for REST APIs"). */
function placeOf({ integration, stage, parameters, query }: Integrated): { readonly path: string; readonly host: string } {
  const [, host = '', path = '/'] = /^https?:\/\/([^/]+)(\/.*)$/.exec(integration.uri) ?? [];
  return { host, path: `/${stage}${path.replaceAll(/\{([^+}]+)\+?\}/g, (_, name: string) => parameters[name] ?? '')}${query}` };
}

function requestHeaders({ rawHeaders }: IncomingMessage): Record<string, string[]> {
  return headersOf(rawHeaders, (name) => (NOT_FORWARDED.includes(name.toLowerCase()) ? undefined : name));
}

function responseHeaders({ rawHeaders }: IncomingMessage, requestId: string): Record<string, string | string[]> {
  const named = headersOf(rawHeaders, (name) => {
    const lower = name.toLowerCase();
    if (NOT_RETURNED.includes(lower)) return undefined;
    return REMAPPED.includes(lower) ? `x-amzn-remapped-${lower}` : name;
  });
  return { ...named, 'x-amzn-requestid': requestId };
}

/** Fields of one name stay as many as they were. @param nameOf the name that one is given; undefined for none */
function headersOf(raw: readonly string[], nameOf: (name: string) => string | undefined): Record<string, string[]> {
  const headers: Record<string, string[]> = {};
  for (let i = 0; i < raw.length; i += 2) {
    const name = nameOf(raw[i] as string);
    if (name !== undefined) headers[name] = [...(headers[name] ?? []), raw[i + 1] as string];
  }
  return headers;
}
