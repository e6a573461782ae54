import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { CallToolRequestSchema, ListToolsRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { INSTANCE_HEADER } from '../../../core/headers';
import { type CallArguments, resultText, TOOL_LIST } from '../calls';
import { listen } from '../listen';

/** A server on the official SDK v1, as its examples have it: one transport for each session, answers on streams. */
const sessions = new Map<string, StreamableHTTPServerTransport>();

const server = createServer({ keepAliveTimeout: 600_000 }, async (request, response) => {
  response.setHeader(INSTANCE_HEADER, 'instance-1'); // as the sidecar does that it stands for
  const id = request.headers['mcp-session-id'];
  const session = typeof id === 'string' ? sessions.get(id) : await openSession();
  if (session === undefined) response.writeHead(404).end();
  else await session.handleRequest(request, response);
});

async function openSession(): Promise<StreamableHTTPServerTransport> {
  const transport = new StreamableHTTPServerTransport({
    sessionIdGenerator: randomUUID,
    onsessioninitialized: (id) => void sessions.set(id, transport),
  });
  const server = new Server({ name: 'sdk-v1', version: '1' }, { capabilities: { tools: {} } });
  server.setRequestHandler(ListToolsRequestSchema, () => ({ tools: TOOL_LIST }));
  server.setRequestHandler(CallToolRequestSchema, ({ params }) => ({
    content: [{ type: 'text', text: resultText(server.getClientVersion()?.name ?? '', params.arguments as unknown as CallArguments) }],
  }));
  await server.connect(transport);
  return transport;
}

listen(server);
