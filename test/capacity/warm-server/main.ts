// A server whose sessions take their time to begin, as those do that connect to something. Without PORT it speaks on standard input.
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { NodeStreamableHTTPServerTransport } from '@modelcontextprotocol/node';
import { McpServer } from '@modelcontextprotocol/server';
import { StdioServerTransport } from '@modelcontextprotocol/server/stdio';

/** What each session connects to answers so late, in milliseconds. */
const CONNECTING_MS = 300;

const sessions = new Map<string, NodeStreamableHTTPServerTransport>();

async function connectedServer(): Promise<McpServer> {
  await delay(CONNECTING_MS);
  const name = randomUUID();
  const server = new McpServer({ name: 'warm', version: '1.0.0' });
  server.registerTool('name', { description: 'What no other session says' }, () => ({ content: [{ type: 'text', text: name }] }));
  return server;
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const id = request.headers['mcp-session-id'];
  const session = typeof id === 'string' ? sessions.get(id) : await openSession();
  if (session) await session.handleRequest(request, response);
  else response.writeHead(404).end();
}

async function openSession(): Promise<NodeStreamableHTTPServerTransport> {
  const transport = new NodeStreamableHTTPServerTransport({
    sessionIdGenerator: randomUUID,
    enableJsonResponse: true,
    onsessioninitialized: (id) => void sessions.set(id, transport),
    onsessionclosed: (id) => void sessions.delete(id),
  });
  await (await connectedServer()).connect(transport);
  return transport;
}

async function main(): Promise<void> {
  const { PORT } = process.env;
  if (PORT === undefined) {
    await (await connectedServer()).connect(new StdioServerTransport());
    return;
  }
  createServer((request, response) => {
    answer(request, response).catch(() => response.destroy());
  }).listen(Number(PORT), process.env.HOST ?? '127.0.0.1');
  process.once('SIGTERM', () => process.exit(0));
}

void main();
