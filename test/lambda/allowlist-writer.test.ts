import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { AllowlistWriter } from '../../lambda/allowlist-writer';

interface Batch {
  readonly RequestItems: { readonly allowlist: readonly object[] };
}

/** Answers BatchWriteItem as a table does that throttles: of each request it takes the first few, so many times. */
let table: Server;
let throttled: number;
let refused: number;
let taken: number;
let batches: Batch[];
let pauses: number[];
const writer = () => new AllowlistWriter(async (ms) => void pauses.push(ms));
const rows = (count: number, bytes = 1) =>
  Array.from({ length: count }, (_, at) => ({
    put: {
      agent: `a${at}`,
      entry: 'x#allow#cdk',
      server: 'x',
      effect: 'allow' as const,
      tools: ['t'.repeat(bytes)],
      source: 'cdk',
      issuer: 'i',
      subject: 's',
    },
  }));
const sizes = () => batches.map(({ RequestItems: { allowlist } }) => allowlist.length);

beforeAll(async () => {
  table = createServer(async (request, response) => {
    const batch = (await json(request)) as Batch;
    batches.push(batch);
    if (refused-- > 0) {
      const error = { __type: 'com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException', message: 'slow down' };
      response.writeHead(400, { 'content-type': 'application/x-amz-json-1.0' }).end(JSON.stringify(error));
      return;
    }
    const left =
      throttled-- > 0 ? { UnprocessedItems: { allowlist: batch.RequestItems.allowlist.slice(taken) } } : { UnprocessedItems: {} };
    response.writeHead(200, { 'content-type': 'application/x-amz-json-1.0' }).end(JSON.stringify(left));
  }).listen(0, '127.0.0.1');
  await once(table, 'listening');
  const endpoint = `http://127.0.0.1:${(table.address() as AddressInfo).port}`;
  const credentials = { AWS_REGION: 'eu-central-1', AWS_ACCESS_KEY_ID: 'local', AWS_SECRET_ACCESS_KEY: 'local' };
  Object.assign(process.env, credentials, { ALLOWLIST_TABLE: 'allowlist', AWS_ENDPOINT_URL_DYNAMODB: endpoint });
});
afterAll(async () => {
  table.closeAllConnections();
  await new Promise((resolve) => table.close(resolve));
});
beforeEach(() => {
  throttled = 0;
  refused = 0;
  taken = 10;
  batches = [];
  pauses = [];
});

test('rows are written 25 at a time, and fewer where they are large', async () => {
  await writer().write(rows(60));
  expect(sizes().sort()).toEqual([10, 25, 25]);
  batches = [];
  await writer().write(rows(25, 30_000));
  expect(sizes().sort()).toEqual([12, 13]);
});

test('what a throttled table has not taken comes again, after pauses that grow', async () => {
  throttled = 2;
  await writer().write(rows(25));
  expect([sizes(), pauses]).toEqual([
    [25, 15, 5],
    [50, 100],
  ]);
});

test('a batch that was refused whole comes again, when the client has given up on it', async () => {
  refused = 4;
  await writer().write(rows(3));
  expect([sizes(), pauses]).toEqual([[3, 3, 3, 3, 3], [50]]);
});

test('a table that takes none is told of in the end, after about a minute', async () => {
  throttled = Number.POSITIVE_INFINITY;
  taken = 0;
  await expect(writer().write(rows(2))).rejects.toThrow('The allowlist allowlist has not taken 2 of 2 rows in 18 attempts: it throttles');
  expect(pauses.reduce((sum, ms) => sum + ms, 0)).toBe(56_350);
});
