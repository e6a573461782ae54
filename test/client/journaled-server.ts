import type { ServerResponse } from 'node:http';
import { answer, type Upstream } from '../gateway/rig';

const SIDECAR = { 'mcp-fleet-instance': 'task-1' };

/** An MCP server that writes down what it executes, as seen behind a sidecar. */
export interface JournaledServer {
  /** The `n` of every call that was executed, in order, with the key that it carried. */
  readonly journal: { tool: string; n: unknown; key: unknown; task: unknown }[];
  /** Sessions that it holds, and the requests other than calls that each was told. */
  readonly sessions: Map<string, string[]>;
  /** Does something else instead of the next request of a method; gone after it. */
  readonly instead: Map<string, Upstream>;
  /** Milliseconds that a call takes. */
  takesMs: number;
  readonly upstream: Upstream;
}

export function journaledServer(): JournaledServer {
  let opened = 0;
  const server: JournaledServer = {
    journal: [],
    sessions: new Map(),
    instead: new Map(),
    takesMs: 0,
    upstream: (request, response, body) => {
      if (request.method === 'GET') return void response.writeHead(405, SIDECAR).end();
      if (request.method === 'DELETE') return void response.writeHead(200, SIDECAR).end();
      const { id, method, params } = JSON.parse(body);
      const instead = server.instead.get(method);
      if (instead !== undefined) {
        server.instead.delete(method);
        return instead(request, response, body);
      }
      if (method === 'initialize') {
        const session = `upstream-${++opened}`;
        server.sessions.set(session, []);
        const result = { protocolVersion: '2025-11-25', capabilities: { tools: {}, logging: {} }, serverInfo: { name: 's', version: '1' } };
        return answer(response, { jsonrpc: '2.0', id, result }, { 'mcp-session-id': session, 'set-cookie': 'AWSALB=task-1; Path=/' });
      }
      const session = request.headers['mcp-session-id'];
      const told = session === undefined ? [] : server.sessions.get(String(session)); // without one it is the sessionless era
      if (told === undefined) return loseSession(response);
      if (method !== 'tools/call') told.push(method);
      if (id === undefined) return void response.writeHead(202, SIDECAR).end();
      if (method === 'tools/list') return answer(response, { jsonrpc: '2.0', id, result: { tools: TOOLS } });
      if (method !== 'tools/call') return answer(response, { jsonrpc: '2.0', id, result: {} });
      const meta = params._meta ?? {};
      const entry = {
        tool: params.name,
        n: params.arguments?.n,
        key: meta['cdk-mcp-fleet/idempotencyKey'],
        task: meta['cdk-mcp-fleet/taskId'],
      };
      server.journal.push(entry);
      const result = { content: [{ type: 'text', text: `done ${entry.n}` }] };
      setTimeout(() => answer(response, { jsonrpc: '2.0', id, result }), server.takesMs);
    },
  };
  return server;
}

const TOOLS = [
  { name: 'transfer', inputSchema: { type: 'object' } },
  { name: 'balance', inputSchema: { type: 'object' }, annotations: { readOnlyHint: true } },
];

/** What a sidecar says of a session that its instance does not hold. */
export function loseSession(response: ServerResponse): void {
  response.writeHead(404, { ...SIDECAR, 'mcp-fleet-reason': 'unknown_session', 'content-type': 'application/json' });
  response.end('{"jsonrpc":"2.0","id":null,"error":{"code":-32001,"message":"Session not found"}}');
}

/** What a sidecar says when it is full. */
export const full: Upstream = (_, response) => response.writeHead(503, { ...SIDECAR, 'mcp-fleet-reason': 'at_capacity' }).end();
