import { createServer, type Server, type ServerResponse } from 'node:http';
import { Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';

const MIB = 1024 * 1024;
const PART = Buffer.alloc(MIB, 'x');

/** What a server says to a call of a tool that is named after it. */
const ANSWERS: Readonly<Record<string, (response: ServerResponse, id: number) => Promise<void>>> = {
  async plain(response, id) {
    json(response, `{"jsonrpc":"2.0","id":${id},"result":{"content":[]}}`);
  },
  async large(response, id) {
    response.writeHead(200, { 'content-type': 'application/json' });
    await pour(response, [`{"jsonrpc":"2.0","id":${id},"result":{"content":[],"x":"`, ...parts(60), '"}}']);
  },
  async long_line(response, id) {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    await pour(response, [`data: {"jsonrpc":"2.0","id":${id},"result":{"x":"`, ...parts(300), '"}}\n\n']);
  },
  async many_values(response, id) {
    const values = '[],'.repeat(MIB);
    json(response, `{"jsonrpc":"2.0","id":${id},"result":{"x":[${values.repeat(10)}0]}}`);
  },
  async deep(response, id) {
    json(response, `{"jsonrpc":"2.0","id":${id},"result":{"x":${'['.repeat(2 * MIB)}${']'.repeat(2 * MIB)}}}`);
  },
  async bomb(response, id) {
    response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' });
    const gzip = createGzip();
    gzip.pipe(response);
    response.once('close', () => gzip.destroy());
    await pour(gzip, [`{"jsonrpc":"2.0","id":${id},"result":{"x":"`, ...parts(2_000), '"}}']);
  },
  async many_events(response, id) {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const event = `data: {"jsonrpc":"2.0","id":7,"result":{"x":"${'y'.repeat(900)}"}}\n\n`.repeat(1_000);
    await pour(response, [...Array.from({ length: 100 }, () => event), `data: {"jsonrpc":"2.0","id":${id},"result":{"content":[]}}\n\n`]);
  },
};

export const TOOLS = Object.keys(ANSWERS);

/** A server that answers each tool in its own way, as fast as it is read. */
export function hostileServer(): Server {
  return createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const { id, method, params } = JSON.parse(Buffer.concat(chunks).toString());
    if (method === 'initialize') return json(response, `{"jsonrpc":"2.0","id":${id},"result":{"protocolVersion":"2025-11-25"}}`);
    await (ANSWERS[params.name] ?? ANSWERS.plain)?.(response, id);
  });
}

function* parts(count: number): Generator<Buffer> {
  for (let part = 0; part < count; part++) yield PART;
}

/** In step with its reader; ends where nobody reads any more. */
function pour(sink: Writable, chunks: Iterable<Buffer | string>): Promise<void> {
  return pipeline(Readable.from(chunks, { objectMode: false, highWaterMark: MIB }), sink).catch(() => undefined);
}

function json(response: ServerResponse, text: string): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(text);
}
