import { createServer } from 'node:http';
import { listen } from '../listen';

/**
 * Stands for DynamoDB: takes every write, holds nothing, and counts what came. `GET /counts` tells what it has counted,
 * `PUT /delay/{ms}` says how long each answer takes from now on.
 */
let delayMs = 0;

/** Of one operation. */
export interface Counted {
  requests: number;
  /** Items written. */
  writes: number;
  /** Of request bodies. */
  bytes: number;
}

export type Counts = Record<string, Counted>;

const counts: Counts = {};

interface Body {
  readonly Statements?: readonly object[];
  readonly UpdateExpression?: string;
  readonly ExpressionAttributeValues?: Readonly<Record<string, object>>;
}

const server = createServer({ keepAliveTimeout: 600_000 }, (request, response) => {
  if (request.method === 'GET') return response.end(JSON.stringify(counts));
  if (request.method === 'PUT') {
    delayMs = Number(request.url?.split('/').at(-1));
    return response.end();
  }
  let text = '';
  request.setEncoding('utf8');
  request.on('data', (chunk: string) => (text += chunk));
  request.on('end', () => {
    const operation = String(request.headers['x-amz-target']).split('.')[1] ?? '';
    const answer = JSON.stringify(serve(operation, text));
    const send = () => response.writeHead(200, { 'content-type': 'application/x-amz-json-1.0' }).end(answer);
    if (delayMs === 0) send();
    else setTimeout(send, delayMs);
  });
});

function serve(operation: string, text: string): object {
  const body: Body = operation === 'BatchExecuteStatement' || operation === 'UpdateItem' ? JSON.parse(text) : {};
  const { Statements = [], UpdateExpression = '', ExpressionAttributeValues = {} } = body;
  count(operation, operation === 'BatchExecuteStatement' ? Statements.length : 1, text);
  switch (operation) {
    case 'BatchExecuteStatement':
      return { Responses: Statements.map(() => ({})) };
    case 'UpdateItem':
      // Of a fence all that stands is what was just added: no two calls of the bench are alike.
      return UpdateExpression.startsWith('ADD calls') ? { Attributes: { calls: ExpressionAttributeValues[':call'] } } : {};
    case 'Query':
      return { Items: [], Count: 0, ScannedCount: 0 };
    default:
      return {};
  }
}

const READS = ['GetItem', 'Query', 'BatchGetItem'];

function count(operation: string, items: number, text: string): void {
  counts[operation] ??= { requests: 0, writes: 0, bytes: 0 };
  const counted = counts[operation];
  counted.requests++;
  if (!READS.includes(operation)) counted.writes += items;
  counted.bytes += Buffer.byteLength(text);
}

listen(server);
