import type { ServerResponse } from 'node:http';
import { answer, askedId, type Rig, type Upstream } from '../rig';

const INSTANCE = { 'mcp-fleet-instance': 'task-1' };

/** Results that a server gives, by method. */
export const RESULTS: Readonly<Record<string, object>> = {
  initialize: { protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo: { name: 's', version: '1' } },
  'tools/list': {
    tools: [
      { name: 'balance', inputSchema: { type: 'object' } },
      { name: 'admin', inputSchema: { type: 'object' } },
    ],
  },
  'tools/call': { content: [{ type: 'text', text: 'done' }] },
};

/** A server behind a sidecar that answers everything, and says in JSON. @param over answers of its own, by method */
export function serving(over: Readonly<Record<string, Upstream>> = {}): Upstream {
  return (request, response, body) => {
    if (request.method === 'DELETE') return response.writeHead(200, INSTANCE).end();
    if (request.method === 'GET') return (over.GET ?? refuseStream)(request, response, body);
    const { id, method = '' } = JSON.parse(body) as { id?: unknown; method?: string };
    const own = over[method];
    if (own !== undefined) return own(request, response, body);
    if (id === undefined || method === '') return response.writeHead(202, INSTANCE).end();
    const session: Record<string, string> = method === 'initialize' ? { 'mcp-session-id': 'upstream-1', 'set-cookie': 'AWSALB=here' } : {};
    answer(response, { jsonrpc: '2.0', id, result: RESULTS[method] ?? {} }, session);
  };
}

const refuseStream: Upstream = (_, response) => response.writeHead(405, INSTANCE).end();

/** Answers with this very text, in which `$id` stands for the id that the request came with. */
export function says(text: string, { status = 200, type = 'application/json' }: { status?: number; type?: string } = {}): Upstream {
  return (_, response) => {
    response.writeHead(status, { 'content-type': type, ...INSTANCE });
    response.end(text.replaceAll('$id', String(askedId(response))));
  };
}

/** Begins a stream. */
export function stream(response: ServerResponse): ServerResponse {
  return response.writeHead(200, { 'content-type': 'text/event-stream', ...INSTANCE });
}

/** One event of a stream. */
export function event(message: object, id?: string): string {
  return `${id === undefined ? '' : `id: ${id}\n`}event: message\ndata: ${JSON.stringify(message)}\n\n`;
}

/** Methods and tools that reached the server. */
export function reachedServer(rig: Rig): string[] {
  return rig.reached.map(({ line, body }) => {
    if (body === '') return line;
    const { method, params } = JSON.parse(body) as { method?: string; params?: { name?: string } };
    return [method ?? 'response', params?.name].filter((word) => word !== undefined).join(' ');
  });
}

/** Opens a session and gives its id. */
export async function openSession(rig: Rig, subject: string, server: string, initialize: object): Promise<string> {
  const response = await rig.post(subject, server, initialize);
  await response.text();
  return response.headers.get('mcp-session-id') ?? '';
}

/** Waits for what follows an answer a moment later; what never does fails in words. */
export async function eventually(holds: () => boolean | Promise<boolean>): Promise<void> {
  for (let turn = 0; turn < 500; turn++) {
    if (await holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`it never came true: ${holds}`);
}
