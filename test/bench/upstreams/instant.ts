import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { INSTANCE_HEADER } from '../../../core/headers';
import { type CallArguments, REVISION, resultText, TOOL_LIST } from '../calls';
import { listen } from '../listen';

/**
 * A legacy server that answers at once: what it costs is what Node's HTTP costs. It also stands for the servers' balancer and
 * a sidecar, whose names are on its answers. `FORM=sse`: results come on a stream.
 */
const streams = process.env.FORM === 'sse';
const HEAD = { [INSTANCE_HEADER]: 'instance-1', 'cache-control': 'no-cache' };

/** Names that sessions were opened under, by id. */
const sessions = new Map<string, string>();

interface Message {
  readonly id?: number | string;
  readonly method: string;
  readonly params: { readonly arguments: CallArguments; readonly clientInfo: { readonly name: string } };
}

const server = createServer({ keepAliveTimeout: 600_000 }, (request, response) => {
  if (request.method === 'POST') return readBody(request, (text) => answer(request, response, JSON.parse(text)));
  if (request.method === 'GET') return listenTo(response);
  sessions.delete(sessionId(request));
  response.writeHead(200, HEAD).end();
});

function answer(request: IncomingMessage, response: ServerResponse, { id, method, params }: Message): void {
  const session = sessions.get(sessionId(request));
  if (id === undefined) response.writeHead(202, HEAD).end();
  else if (method === 'initialize') open(response, id, params.clientInfo.name);
  else if (method === 'tools/list') say(response, id, { tools: TOOL_LIST });
  else if (session === undefined) response.writeHead(404, HEAD).end();
  else say(response, id, { content: [{ type: 'text', text: resultText(session, params.arguments) }] });
}

function open(response: ServerResponse, id: Message['id'], name: string): void {
  const session = `session-${sessions.size + 1}`;
  sessions.set(session, name);
  response.setHeader('mcp-session-id', session);
  say(response, id, { protocolVersion: REVISION, capabilities: { tools: {} }, serverInfo: { name: 'instant', version: '1' } });
}

/** Nothing ever comes. nginx must be told not to wait for it. */
function listenTo(response: ServerResponse): void {
  response.writeHead(200, { ...HEAD, 'content-type': 'text/event-stream', 'x-accel-buffering': 'no' }).flushHeaders();
}

function say(response: ServerResponse, id: Message['id'], result: object): void {
  const text = JSON.stringify({ jsonrpc: '2.0', id, result });
  if (streams) response.writeHead(200, { ...HEAD, 'content-type': 'text/event-stream' }).end(`event: message\ndata: ${text}\n\n`);
  else response.writeHead(200, { ...HEAD, 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }).end(text);
}

function sessionId({ headers }: IncomingMessage): string {
  return String(headers['mcp-session-id']);
}

function readBody(request: IncomingMessage, then: (text: string) => void): void {
  let text = '';
  request.setEncoding('utf8');
  request.on('data', (chunk: string) => (text += chunk));
  request.on('end', () => then(text));
}

listen(server);
