import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { RecoveryExhausted, recoveringFetch } from '../../client';
import { connectClient } from './clients';

/** A server without our gateway in front of it: it knows no keys, and its load balancer wants its cookie back. */
let server: Server;
let url: string;
let executed: number;
let sessions: Set<string>;
let received: { method: string; cookie: string | undefined; session: string | undefined }[];
let instead: ((request: IncomingMessage, response: ServerResponse) => void) | undefined;

beforeAll(async () => {
  server = createServer((request, response) => void serve(request, response)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`;
});
afterAll(() => {
  server.close();
  server.closeAllConnections();
});
beforeEach(() => {
  executed = 0;
  sessions = new Set();
  received = [];
  instead = undefined;
});

async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
  let text = '';
  for await (const chunk of request) text += chunk;
  if (request.method !== 'POST') return void response.writeHead(405).end();
  const { id, method, params } = JSON.parse(text);
  const session = request.headers['mcp-session-id'];
  received.push({ method, cookie: request.headers.cookie, session: session as string | undefined });
  const answer = (status: number, message: object, headers: Record<string, string> = {}): void => {
    response.writeHead(status, { 'content-type': 'application/json', 'set-cookie': `AWSALB=c${received.length}; Path=/`, ...headers });
    response.end(JSON.stringify({ jsonrpc: '2.0', id: id ?? null, ...message }));
  };
  if (method === 'initialize') {
    sessions.add(`s${received.length}`);
    const result = { protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo: { name: 's', version: '1' } };
    return answer(200, { result }, { 'mcp-session-id': `s${received.length}` });
  }
  if (!sessions.has(String(session))) return answer(404, { error: { code: -32001, message: 'Session not found' } });
  if (id === undefined) return void response.writeHead(202).end();
  if (params?.name === undefined && method === 'tools/call') return answer(200, { error: { code: -32602, message: 'Invalid params' } });
  if (method === 'tools/call') executed++;
  if (instead !== undefined && method === 'tools/call') return instead(request, response);
  answer(200, { result: { content: [{ type: 'text', text: 'done' }] } });
}

const LOSSES: [string, NonNullable<typeof instead>][] = [
  ['resets the connection', (request) => request.socket.destroy()],
  ['is lost behind its load balancer', (_, response) => response.writeHead(502).end('<html>')],
  [
    'ends its stream without an answer',
    (_, response) => response.writeHead(200, { 'content-type': 'text/event-stream' }).end('data: {"jsonrpc":"2.0","method":"x"}\n\n'),
  ],
];

describe('at a server that honours no keys', () => {
  test.each(LOSSES)('a write is not sent again when it %s', async (_, loss) => {
    const fetch = recoveringFetch();
    const client = await connectClient('raw fetch', url, 't', fetch);
    instead = loss;
    const error = await client.callTool({ name: 'transfer' }).catch((thrown) => thrown);
    expect(error).toHaveProperty('message');
    expect(RecoveryExhausted.from(error)).toBeUndefined();
    expect(executed).toBe(1);
    expect(fetch.task.report().unknown).toMatchObject([{ tool: 'transfer' }]);
  });

  test('a lost session is opened again, and the call is sent once', async () => {
    const client = await connectClient('SDK v1', url, 't', recoveringFetch());
    sessions.clear();
    expect(await client.callTool({ name: 'transfer' })).toMatchObject({ content: [{ text: 'done' }] });
    expect(executed).toBe(1);
    await client.close();
  });

  test("each session keeps its load balancer's cookie, and a new session is free to go elsewhere", async () => {
    const fetch = recoveringFetch();
    const one = await connectClient('raw fetch', url, 't', fetch);
    await one.callTool({ name: 'transfer' });
    await connectClient('raw fetch', url, 't', fetch);
    expect(received.map(({ method, cookie }) => [method, cookie])).toEqual([
      ['initialize', undefined],
      ['notifications/initialized', 'AWSALB=c1'],
      ['tools/call', 'AWSALB=c1'],
      ['initialize', undefined],
      ['notifications/initialized', 'AWSALB=c4'],
    ]);
  });

  test('a server that is gone is given up within the budget', async () => {
    const sleep = async (): Promise<void> => undefined;
    const fetch = recoveringFetch({ budget: { attempts: 3 }, clock: { sleep } });
    const error = await connectClient('SDK v2', 'http://127.0.0.1:1/mcp', 't', fetch).catch((thrown) => thrown);
    expect(RecoveryExhausted.from(error)).toMatchObject({ attempts: 3, confirmed: [], unknown: [] });
  });
});
