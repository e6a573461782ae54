import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { toNodeHandler } from '@modelcontextprotocol/node';
import { Server, WebStandardStreamableHTTPServerTransport } from '@modelcontextprotocol/server';
import { INSTANCE_HEADER } from '../../../core/headers';
import { type CallArguments, resultText, TOOL_LIST } from '../calls';
import { listen } from '../listen';

/** A server on the official SDK v2, in the era of sessions. */
const sessions = new Map<string, WebStandardStreamableHTTPServerTransport>();

const handle = toNodeHandler({
  fetch: async (request: Request): Promise<Response> => {
    const id = request.headers.get('mcp-session-id');
    const session = id === null ? await openSession() : sessions.get(id);
    return session === undefined ? new Response(null, { status: 404 }) : session.handleRequest(request);
  },
});

const server = createServer({ keepAliveTimeout: 600_000 }, (request, response) => {
  response.setHeader(INSTANCE_HEADER, 'instance-1'); // as the sidecar does that it stands for
  void handle(request, response as Parameters<typeof handle>[1]);
});

async function openSession(): Promise<WebStandardStreamableHTTPServerTransport> {
  const transport = new WebStandardStreamableHTTPServerTransport({
    sessionIdGenerator: randomUUID,
    onsessioninitialized: (id) => void sessions.set(id, transport),
  });
  const server = new Server({ name: 'sdk-v2', version: '1' }, { capabilities: { tools: {} } });
  server.setRequestHandler('tools/list', () => ({ tools: TOOL_LIST }));
  server.setRequestHandler('tools/call', ({ params }) => ({
    content: [{ type: 'text', text: resultText(server.getClientVersion()?.name ?? '', params.arguments as unknown as CallArguments) }],
  }));
  await server.connect(transport);
  return transport;
}

listen(server);
