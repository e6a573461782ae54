import { randomUUID } from 'node:crypto';
import { createServer, type Server as HttpServer } from 'node:http';
import { toNodeHandler } from '@modelcontextprotocol/node';
import { createMcpHandler, isLegacyRequest, Server, WebStandardStreamableHTTPServerTransport } from '@modelcontextprotocol/server';
import type { Journal } from './journal';
import { markOf } from './sdk-v1';
import { resultOf, TOOL_LIST } from './tools';

const NAME = 'sdk-v2';

/** A server on the official SDK v2 that speaks both eras. */
export function sdkV2Server(journal: Journal): HttpServer {
  const sessions = new Map<string, WebStandardStreamableHTTPServerTransport>();
  const modern = createMcpHandler(() => sdkV2Tools(NAME, journal), { legacy: 'reject' });
  const fetch = async (request: Request): Promise<Response> => {
    if (!(await isLegacyRequest(request))) return modern.fetch(request);
    const id = request.headers.get('mcp-session-id');
    const session = id === null || id === '' ? await openSession(sessions, journal) : sessions.get(id);
    return session === undefined ? notFound() : session.handleRequest(request);
  };
  const handle = toNodeHandler({ fetch }, { onerror: () => undefined });
  return createServer((request, response) =>
    journal.under(markOf(request), () => void handle(request, response as Parameters<typeof handle>[1])),
  );
}

/** The tools, journaled. */
export function sdkV2Tools(name: string, journal: Pick<Journal, 'note'>): Server {
  const server = new Server({ name, version: '1.0.0' }, { capabilities: { tools: {}, logging: {} } });
  server.setRequestHandler('tools/list', () => ({ tools: TOOL_LIST }));
  server.setRequestHandler('tools/call', ({ params }) => {
    journal.note({ what: 'executed', server: name, name: params.name, args: params.arguments });
    return resultOf(params.name, params.arguments);
  });
  return server;
}

async function openSession(
  sessions: Map<string, WebStandardStreamableHTTPServerTransport>,
  journal: Journal,
): Promise<WebStandardStreamableHTTPServerTransport> {
  const transport = new WebStandardStreamableHTTPServerTransport({
    sessionIdGenerator: randomUUID,
    keepAliveMs: 0,
    onsessioninitialized: (id) => {
      sessions.set(id, transport);
      journal.note({ what: 'opened', server: NAME, name: id });
    },
    onsessionclosed: (id) => {
      sessions.delete(id);
      journal.note({ what: 'ended', server: NAME, name: id });
    },
  });
  await sdkV2Tools(NAME, journal).connect(transport);
  return transport;
}

function notFound(): Response {
  return Response.json({ jsonrpc: '2.0', error: { code: -32001, message: 'Session not found' }, id: null }, { status: 404 });
}
