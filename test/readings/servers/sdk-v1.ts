import { randomUUID } from 'node:crypto';
import { createServer, type Server as HttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { CallToolRequestSchema, ListToolsRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { type Journal, MARK_HEADER } from './journal';
import { resultOf, TOOL_LIST } from './tools';

/** A server on the official SDK v1: one transport for each session. */
export function sdkV1Server(journal: Journal): HttpServer {
  const serve = sdkV1Endpoint('sdk-v1', journal);
  return createServer((request, response) => void serve(request, response));
}

/** @returns what answers one request; `body` where something else has parsed it already */
export function sdkV1Endpoint(name: string, journal: Journal) {
  const sessions = new Map<string, StreamableHTTPServerTransport>();
  return (request: IncomingMessage, response: ServerResponse, body?: unknown): Promise<void> =>
    journal.under(markOf(request), async () => {
      const id = request.headers['mcp-session-id'];
      const session = typeof id === 'string' && id !== '' ? sessions.get(id) : await openSession(name, sessions, journal);
      if (session === undefined) return sayNotFound(response);
      await session.handleRequest(request, response, body);
    });
}

export function markOf({ headers }: IncomingMessage): string | undefined {
  const mark = headers[MARK_HEADER];
  return typeof mark === 'string' ? mark : undefined;
}

async function openSession(
  name: string,
  sessions: Map<string, StreamableHTTPServerTransport>,
  journal: Journal,
): Promise<StreamableHTTPServerTransport> {
  const transport = new StreamableHTTPServerTransport({
    sessionIdGenerator: randomUUID,
    keepAliveMs: 0,
    onsessioninitialized: (id) => {
      sessions.set(id, transport);
      journal.note({ what: 'opened', server: name, name: id });
    },
    onsessionclosed: (id) => {
      sessions.delete(id);
      journal.note({ what: 'ended', server: name, name: id });
    },
  });
  const server = new Server({ name, version: '1.0.0' }, { capabilities: { tools: {}, logging: {} } });
  server.setRequestHandler(ListToolsRequestSchema, () => ({ tools: TOOL_LIST }));
  server.setRequestHandler(CallToolRequestSchema, ({ params }) => {
    journal.note({ what: 'executed', server: name, name: params.name, args: params.arguments });
    return resultOf(params.name, params.arguments);
  });
  await server.connect(transport);
  return transport;
}

/** MCP 2025-11-25, Streamable HTTP § Session Management, rule 3. */
export function sayNotFound(response: ServerResponse): void {
  response.writeHead(404, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ jsonrpc: '2.0', error: { code: -32001, message: 'Session not found' }, id: null }));
}
