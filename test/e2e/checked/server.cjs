// A company's own MCP server, without an SDK: `note` notes a reference, `count` counts its notes. One file is the memory of all instances.
const { appendFileSync, readFileSync } = require('node:fs');
const { randomUUID } = require('node:crypto');
const { createServer } = require('node:http');

const { PORT, HOST = '0.0.0.0', STATELESS, CARELESS, API_KEY, NOTES } = process.env;
const sessions = new Set();
if (CARELESS) console.log(`connected with ${API_KEY}`);

const TOOLS = ['note', 'count'].map((name) => ({ name, inputSchema: { type: 'object' } }));

createServer(async (request, response) => {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const session = request.headers['mcp-session-id'];
  if (request.method === 'DELETE') return response.writeHead(sessions.delete(session) ? 200 : 404).end();
  if (request.method !== 'POST') return response.writeHead(405).end();
  const message = JSON.parse(Buffer.concat(chunks));
  const opens = message.method === 'initialize';
  if (!STATELESS && !opens && !sessions.has(session))
    return answer(response, 404, { error: { code: -32001, message: 'Session not found' } });
  if (message.id === undefined) return response.writeHead(202).end();
  if (opens && !STATELESS) {
    const id = randomUUID();
    sessions.add(id);
    response.setHeader('mcp-session-id', id);
  }
  answer(response, 200, await reply(message), message.id);
}).listen(Number(PORT), HOST);

function answer(response, status, body, id = null) {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ jsonrpc: '2.0', id, ...body }));
}

async function reply({ method, params }) {
  switch (method) {
    case 'initialize':
      return {
        result: { protocolVersion: params.protocolVersion, capabilities: { tools: {} }, serverInfo: { name: 'notes', version: '1' } },
      };
    case 'ping':
      return { result: {} };
    case 'tools/list':
      return { result: { tools: TOOLS } };
    case 'tools/call':
      return { result: await call(params) };
    default:
      return { error: { code: -32601, message: `no ${method}` } };
  }
}

async function call({ name, arguments: { reference, seconds = 0 } = {} }) {
  if (reference === undefined) return { isError: true, content: [{ type: 'text', text: 'a reference is needed' }] };
  if (name === 'note') {
    appendFileSync(new URL(NOTES), `${reference}\n`);
    await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  }
  const structuredContent = { count: notes().filter((note) => note === reference).length };
  return { content: [{ type: 'text', text: JSON.stringify(structuredContent) }], structuredContent };
}

function notes() {
  try {
    return readFileSync(new URL(NOTES), 'utf8').split('\n');
  } catch {
    return [];
  }
}
