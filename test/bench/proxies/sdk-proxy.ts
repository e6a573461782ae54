import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import {
  CallToolRequestSchema,
  CallToolResultSchema,
  ListToolsRequestSchema,
  ListToolsResultSchema,
} from '@modelcontextprotocol/sdk/types.js';
import { PATH } from '../calls';
import { listen } from '../listen';

/** A proxy as one would make it of the official SDK: a server for each session, and for each a client at the server behind it. */
const upstream = new URL(PATH, process.env.UPSTREAM);
const sessions = new Map<string, StreamableHTTPServerTransport>();

const server = createServer({ noDelay: true, keepAliveTimeout: 600_000 }, async (request, response) => {
  const id = request.headers['mcp-session-id'];
  const session = typeof id === 'string' ? sessions.get(id) : await openSession();
  if (session === undefined) response.writeHead(404).end();
  else await session.handleRequest(request, response);
});

async function openSession(): Promise<StreamableHTTPServerTransport> {
  const transport = new StreamableHTTPServerTransport({
    sessionIdGenerator: randomUUID,
    enableJsonResponse: true,
    onsessioninitialized: (id) => void sessions.set(id, transport),
  });
  const front = new Server({ name: 'sdk-proxy', version: '1' }, { capabilities: { tools: {} } });
  let back: Promise<Client> | undefined;
  const client = () => {
    back ??= connect(front.getClientVersion()?.name ?? '');
    return back;
  };
  front.setRequestHandler(ListToolsRequestSchema, async (request) => (await client()).request(request, ListToolsResultSchema));
  front.setRequestHandler(CallToolRequestSchema, async (request) => (await client()).request(request, CallToolResultSchema));
  await front.connect(transport);
  return transport;
}

/** @param name that the agent's own client gave */
async function connect(name: string): Promise<Client> {
  const client = new Client({ name, version: '1' });
  await client.connect(new StreamableHTTPClientTransport(upstream));
  return client;
}

listen(server);
