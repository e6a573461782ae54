import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One request as it reached the server. */
export interface Heard {
  readonly method: string;
  readonly path: string;
  readonly session?: string;
  readonly headers: IncomingMessage['headers'];
  /** Its JSON, where it has a body. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into messages
  readonly message: any;
}

export interface RawServer {
  readonly url: string;
  readonly heard: Heard[];
  /** Answers that are not ended and whose connection stands. */
  readonly open: () => number;
  close(): Promise<void>;
}

/** A real HTTP server of a few lines: what it does with each request is `answer`. */
export async function startRawServer(answer: (heard: Heard, response: ServerResponse) => unknown): Promise<RawServer> {
  const heard: Heard[] = [];
  const open = new Set<ServerResponse>();
  const http = createServer({ maxHeaderSize: 64 * 1024 }, async (request, response) => {
    open.add(response);
    response.once('close', () => open.delete(response));
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const text = Buffer.concat(chunks).toString();
    const session = request.headers['mcp-session-id'] as string | undefined;
    const { method = '', url: path = '', headers } = request;
    const one = { method, path, session, headers, message: text === '' ? undefined : JSON.parse(text) };
    heard.push(one);
    await answer(one, response);
  }).listen(0, '127.0.0.1');
  await once(http, 'listening');
  return {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}/mcp`,
    heard,
    open: () => open.size,
    close: async () => {
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
    },
  };
}

export const JSON_TYPE = { 'content-type': 'application/json' };
export const SSE_TYPE = { 'content-type': 'text/event-stream' };

/** JSON text of a response that carries the id of the request. */
export function resultOf(heard: Heard, result: object = { content: [] }): string {
  return JSON.stringify({ jsonrpc: '2.0', id: heard.message.id, result });
}

/** Opens a session with this id; says whether it did. */
export function opensSession(heard: Heard, response: ServerResponse, id = 's-1'): boolean {
  if (heard.message?.method !== 'initialize') return false;
  response.writeHead(200, { ...JSON_TYPE, 'mcp-session-id': id }).end(resultOf(heard, { protocolVersion: '2025-11-25' }));
  return true;
}
