import { createServer } from 'node:http';
import { listen } from '../listen';

/**
 * Stands for DynamoDB: takes every write, holds nothing but sessions until they are closed, and counts what came. `GET /counts` tells what it has counted,
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

/** Sessions of the directory that are open. */
const sessions = new Map<string, object>();

interface Body {
  readonly TableName?: string;
  readonly Item?: { readonly session?: { readonly S: string } };
  readonly Key?: { readonly session?: { readonly S: string } };
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
  const body: Body = READ_WHOLE.includes(operation) ? JSON.parse(text) : {};
  const { TableName, Item, Key, Statements = [], UpdateExpression = '', ExpressionAttributeValues = {} } = body;
  // A replica reads the operator's orders by itself, once a second: that is no call's.
  if (!text.includes('"TableName":"allowlist"')) count(operation, operation === 'BatchExecuteStatement' ? Statements.length : 1, text);
  switch (operation) {
    case 'BatchExecuteStatement':
      return { Responses: Statements.map(() => ({})) };
    case 'PutItem':
      if (TableName === 'directory' && Item?.session !== undefined) sessions.set(Item.session.S, Item);
      return {};
    case 'UpdateItem':
      if (UpdateExpression.startsWith('SET closedAt')) return { Attributes: closed(Key?.session?.S ?? '') };
      // Of a fence all that stands is what was just added: no two calls of the bench are alike.
      return UpdateExpression.startsWith('ADD calls') ? { Attributes: { calls: ExpressionAttributeValues[':call'] } } : {};
    case 'Query':
      return { Items: [], Count: 0, ScannedCount: 0 };
    default:
      return {};
  }
}

/** As it was. */
function closed(session: string): object {
  const row = sessions.get(session);
  sessions.delete(session);
  return row ?? {};
}

/** What is answered by what is asked. */
const READ_WHOLE = ['BatchExecuteStatement', 'UpdateItem', 'PutItem'];

const READS = ['GetItem', 'Query', 'BatchGetItem'];

function count(operation: string, items: number, text: string): void {
  counts[operation] ??= { requests: 0, writes: 0, bytes: 0 };
  const counted = counts[operation];
  counted.requests++;
  if (!READS.includes(operation)) counted.writes += items;
  counted.bytes += Buffer.byteLength(text);
}

listen(server);
