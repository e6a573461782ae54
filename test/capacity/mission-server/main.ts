// A server whose sessions live in memory, as light as there can be one: each counts its calls. It knows nothing of gateways or sidecars.
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { json } from 'node:stream/consumers';
import { CPU_METRIC, CPU_NAMESPACE, TOOL } from '../mission/cpu-metric';

interface Request {
  readonly id?: number | string;
  readonly method: string;
  readonly params?: { readonly protocolVersion?: string };
}

/** How often it tells how busy it is, in milliseconds. */
const TELL_MS = 250;
const VCPU = Number(process.env.VCPU);
const SERVER = process.env.SERVER_NAME as string;

/** Calls, by session. */
const sessions = new Map<string, number>();

const http = createServer((request, response) => void answer(request, response).catch(() => response.destroy()));
http.listen(Number(process.env.PORT ?? 0), process.env.HOST ?? '127.0.0.1', tellOfCpu);
process.once('SIGTERM', () => process.exit(0)); // nothing here outlives the process

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const session = request.headers['mcp-session-id'] as string | undefined;
  if (session !== undefined && !sessions.has(session))
    return send(response, 404, { id: null, error: { code: -32001, message: 'Session not found' } });
  if (request.method === 'DELETE') {
    sessions.delete(session as string);
    return send(response, 200);
  }
  if (request.method !== 'POST') return send(response, 405);
  const { id, method, params } = (await json(request)) as Request;
  if (id === undefined) return send(response, 202);
  if (method !== 'initialize') return send(response, 200, { id, ...resultOf(method, session as string) });
  const opened = randomUUID();
  sessions.set(opened, 0);
  response.setHeader('mcp-session-id', opened);
  const { protocolVersion } = params ?? {};
  send(response, 200, { id, result: { protocolVersion, capabilities: { tools: {} }, serverInfo: { name: 'mission', version: '1.0.0' } } });
}

function resultOf(method: string, session: string): object {
  if (method === 'ping') return { result: {} };
  if (method === 'tools/list') return { result: { tools: [{ name: TOOL, inputSchema: { type: 'object' } }] } };
  if (method !== 'tools/call') return { error: { code: -32601, message: 'Method not found' } };
  const calls = (sessions.get(session) ?? 0) + 1;
  sessions.set(session, calls);
  return { result: { content: [{ type: 'text', text: String(calls) }] } };
}

function send(response: ServerResponse, status: number, message?: object): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(message && JSON.stringify({ jsonrpc: '2.0', ...message }));
}

/** In percent of what its task has, as ECS does: nobody else measures it on a laptop. */
function tellOfCpu(): void {
  let [before, at] = [process.cpuUsage(), performance.now()];
  setInterval(() => {
    const { user, system } = process.cpuUsage(before);
    const busy = (user + system) / 1_000 / (performance.now() - at);
    [before, at] = [process.cpuUsage(), performance.now()];
    const metric = { Namespace: CPU_NAMESPACE, Dimensions: [['Server']], Metrics: [{ Name: CPU_METRIC, Unit: 'Percent' }] };
    console.log(
      JSON.stringify({ _aws: { Timestamp: Date.now(), CloudWatchMetrics: [metric] }, Server: SERVER, [CPU_METRIC]: (100 * busy) / VCPU }),
    );
  }, TELL_MS);
}
