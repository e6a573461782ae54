import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { request as forward } from 'undici';
import { type Endpoint, watch } from './endpoints';

/** What becomes of one request to DynamoDB. */
export type Fate = 'pass' | 'silent' | 'broken' | 'unheard' | 'deaf';

export interface TablesProxy extends Endpoint {
  /** Decides by operation (`PutItem`) and body; not done are `silent` and `broken`; done are `deaf`, without an answer, and `unheard`, whose connection breaks. */
  fate: (operation: string, body: string) => Fate;
}

/** Stands before the tables and loses requests, or answers. */
export async function startTablesProxy(target: string): Promise<TablesProxy> {
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    const fate = proxy.fate(String(request.headers['x-amz-target']).split('.')[1] ?? '', body.toString());
    if (fate === 'silent') return;
    if (fate === 'broken') return response.destroy();
    const { connection: _, ...headers } = request.headers;
    const passed = await forward(target, { method: 'POST', headers: headers as Record<string, string>, body });
    const bytes = Buffer.from(await passed.body.arrayBuffer());
    if (fate === 'deaf') return;
    if (fate === 'unheard') return response.destroy();
    response.writeHead(passed.statusCode, passed.headers as Record<string, string>).end(bytes);
  };
  const server = createServer((request, response) => void answer(request, response).catch(() => response.destroy()));
  const proxy: TablesProxy = Object.assign(await watch(server, (endpoint) => server.on('request', () => endpoint.reached++)), {
    fate: (): Fate => 'pass',
  });
  return proxy;
}
