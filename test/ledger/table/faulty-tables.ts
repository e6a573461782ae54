import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { request as forward } from 'undici';
import { type Endpoint, watch } from '../../gateway/aws/endpoints';

// biome-ignore lint/suspicious/noExplicitAny: bodies of DynamoDB's API, of which tests read what they sent
type Body = any;

export interface Asked {
  /** `PutItem`, … */
  readonly operation: string;
  readonly body: Body;
}

/** What is answered; a connection that breaks, or nothing at all. */
export type Reply = { readonly status: number; readonly body: Body } | 'broken' | 'silent';

export interface FaultyTables extends Endpoint {
  /** In the order in which they came. */
  readonly asked: Asked[];
  /** Answers a request, of which it may pass on as much as it likes. */
  answer: (asked: Asked, pass: (body: Body) => Promise<{ status: number; body: Body }>) => Promise<Reply>;
}

/** Stands before tables; does what they are asked or not, and tells the truth of it or not. */
export async function startFaultyTables(target: string): Promise<FaultyTables> {
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const asked = {
      operation: String(request.headers['x-amz-target']).split('.')[1] ?? '',
      body: JSON.parse(Buffer.concat(chunks).toString()),
    };
    tables.asked.push(asked);
    const { connection: _, 'content-length': __, ...headers } = request.headers;
    const reply = await tables.answer(asked, async (body) => {
      const passed = await forward(target, { method: 'POST', headers: headers as Record<string, string>, body: JSON.stringify(body) });
      return { status: passed.statusCode, body: await passed.body.json() };
    });
    if (reply === 'broken') response.destroy();
    else if (reply !== 'silent')
      response.writeHead(reply.status, { 'content-type': 'application/x-amz-json-1.0' }).end(JSON.stringify(reply.body));
  };
  const server = createServer((request, response) => void serve(request, response).catch(() => response.destroy()));
  const endpoint = await watch(server, (endpoint) => server.on('request', () => endpoint.reached++));
  const tables: FaultyTables = Object.assign(endpoint, {
    asked: [],
    answer: ((asked, pass) => pass(asked.body)) as FaultyTables['answer'],
  });
  return tables;
}

/** An answer by which the whole request was refused. */
export function refused(status: number, type: string): Reply {
  return { status, body: { __type: `com.amazonaws.dynamodb.v20120810#${type}`, message: 'because' } };
}
