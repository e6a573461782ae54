import { request as httpRequest } from 'node:http';
import { DescribeTableCommand, DynamoDBClient, ListTablesCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { tablesAt } from '../../checks/tables';
import { ERRORS, type ErrorName } from '../../core/errors';
import { resultTextOf } from '../../ledger/kept-text';
import { type Fleet, startFleet } from './fleet';

/** Bad input meets one typed error each at the door, and none of it reaches a server. */

let fleet: Fleet;
let token: string;

beforeAll(async () => {
  fleet = await startFleet('--no-checks');
  token = await fleet.account.token('treasury');
});

afterAll(async () => {
  await fleet?.stop();
});

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

const TRANSFER = { name: 'transfer', arguments: { from: 'operating', to: 'vendors', amount: 7, currency: 'EUR', reference: 'bad-input' } };
const VERSION = 'io.modelcontextprotocol/protocolVersion';
const MODERN = { _meta: { [VERSION]: '2026-07-28', 'io.modelcontextprotocol/clientCapabilities': {} } };

function call(params: object = TRANSFER): string {
  return JSON.stringify({ jsonrpc: '2.0', id: 7, method: 'tools/call', params });
}

interface Case {
  readonly what: string;
  readonly error: ErrorName;
  readonly body?: string | Buffer;
  readonly headers?: Readonly<Record<string, string>>;
  readonly path?: string;
  readonly method?: string;
}

const MODERN_HEADERS = { 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'tools/call', 'mcp-name': 'transfer' };

const CASES: readonly Case[] = [
  { what: 'malformed JSON', error: 'PARSE_ERROR', body: '{"jsonrpc":"2.0","id":7,' },
  { what: 'no body', error: 'PARSE_ERROR', body: '' },
  {
    what: 'bytes that are not UTF-8',
    error: 'PARSE_ERROR',
    body: Buffer.concat([Buffer.from('{"jsonrpc":"'), Buffer.from([0xff, 0x22, 0x7d])]),
  },
  { what: 'a member name twice', error: 'PARSE_ERROR', body: call().replace('"amount":7', '"amount":7,"amount":7000000') },
  { what: 'a member name twice, once escaped', error: 'PARSE_ERROR', body: call().replace('"name":', '"nam\\u0065":"balance","name":') },
  {
    what: 'a number that parsers round differently',
    error: 'PARSE_ERROR',
    body: call().replace('"amount":7', '"amount":9007199254740993'),
  },
  {
    what: 'a batch, which its revision does not have',
    error: 'INVALID_REQUEST',
    body: `[${call()}]`,
    headers: { 'mcp-protocol-version': '2025-11-25' },
  },
  {
    what: 'a batch in the modern revision',
    error: 'INVALID_REQUEST',
    body: `[${call({ ...TRANSFER, ...MODERN })}]`,
    headers: MODERN_HEADERS,
  },
  { what: 'a message of JSON-RPC 1.0', error: 'INVALID_REQUEST', body: call().replace('"2.0"', '"1.0"') },
  { what: 'arguments that are no object', error: 'INVALID_PARAMS', body: call({ name: 'transfer', arguments: ['operating'] }) },
  {
    what: 'a header that names another tool than the body',
    error: 'HEADER_MISMATCH',
    body: call({ ...TRANSFER, ...MODERN }),
    headers: { ...MODERN_HEADERS, 'mcp-name': 'balance' },
  },
  {
    what: 'a header that names another method than the body',
    error: 'HEADER_MISMATCH',
    body: call({ ...TRANSFER, ...MODERN }),
    headers: { ...MODERN_HEADERS, 'mcp-method': 'tools/list' },
  },
  {
    what: 'a modern request without its headers',
    error: 'HEADER_MISMATCH',
    body: call({ ...TRANSFER, ...MODERN }),
    headers: { 'mcp-protocol-version': '2026-07-28' },
  },
  {
    what: 'a legacy version header over a modern body',
    error: 'HEADER_MISMATCH',
    body: call({ ...TRANSFER, ...MODERN }),
    headers: { ...MODERN_HEADERS, 'mcp-protocol-version': '2025-11-25' },
  },
  {
    what: 'a modern version header over a body without the version that a modern one needs',
    error: 'INVALID_PARAMS',
    body: call(),
    headers: { 'mcp-protocol-version': '2026-07-28' },
  },
  { what: 'a revision that does not exist', error: 'UNSUPPORTED_VERSION', body: call(), headers: { 'mcp-protocol-version': '1999-01-01' } },
  {
    what: 'two idempotency keys that differ',
    error: 'HEADER_MISMATCH',
    body: call({ ...TRANSFER, _meta: { 'cdk-mcp-fleet/idempotencyKey': 'a' } }),
    headers: { 'idempotency-key': 'b' },
  },
  { what: 'an unknown server', error: 'UNKNOWN_SERVER', path: '/nobody/mcp' },
  { what: 'a session id that nobody was given', error: 'UNKNOWN_SESSION', headers: { 'mcp-session-id': 'made-up' } },
  { what: 'a hostile Origin', error: 'ORIGIN_DENIED', headers: { origin: 'https://evil.example' } },
  { what: 'a media type that is not JSON', error: 'UNSUPPORTED_MEDIA_TYPE', headers: { 'content-type': 'text/plain' } },
  { what: 'a client that takes no event stream', error: 'NOT_ACCEPTABLE', headers: { accept: 'application/json' } },
  { what: 'another HTTP method', error: 'METHOD_NOT_ALLOWED', method: 'PUT' },
  { what: 'no token', error: 'UNAUTHENTICATED', headers: { authorization: '' } },
  { what: 'a token that is not one', error: 'UNAUTHENTICATED', headers: { authorization: 'Bearer not.a.token' } },
];

describe('bad input', () => {
  it.each(CASES)('$what is $error', async ({ error, body = call(), headers, path, method }) => {
    await refusedAtTheDoor(error, () => send({ body, headers, path, method }));
  });

  it('a body of 20 MB is PAYLOAD_TOO_LARGE', async () => {
    const body = call({ ...TRANSFER, padding: 'x'.repeat(20_000_000) });
    await refusedAtTheDoor('PAYLOAD_TOO_LARGE', () => send({ body }));
  });

  it('a body of 20 MB without a length is PAYLOAD_TOO_LARGE', async () => {
    const body = call({ ...TRANSFER, padding: 'x'.repeat(20_000_000) });
    await refusedAtTheDoor('PAYLOAD_TOO_LARGE', () => send({ body, headers: { 'transfer-encoding': 'chunked' } }));
  });

  it('a token for another audience is UNAUTHENTICATED', async () => {
    const other = await fleet.account.token('treasury', { audience: 'https://another.example' });
    await refusedAtTheDoor('UNAUTHENTICATED', () => send({ headers: { authorization: `Bearer ${other}` } }));
  });

  it('names the metadata of the resource to a client without a token', async () => {
    const { headers } = await send({ headers: { authorization: '' } });
    const [, url] = /resource_metadata="([^"]+)"/.exec(String(headers['www-authenticate'])) ?? [];
    const metadata = (await (await fetch(String(url))).json()) as Record<string, unknown>;
    expect(metadata).toMatchObject({ resource: expect.stringContaining('/payments/mcp'), authorization_servers: [expect.any(String)] });
  });

  it('lets the same transfer through when nothing is wrong with it, so that the refusals above say something', async () => {
    const before = await traces();
    const { status, text } = await send({ body: call({ ...TRANSFER, ...MODERN }), headers: MODERN_HEADERS });
    expect({ status, error: /"error":/.test(text) }).toEqual({ status: 200, error: false });
    const after = await traces();
    expect(after.journal).toBe(before.journal + 1);
    expect(after.answered).toBe(before.answered + 1);
  });
});

/** The typed error that the caller gets, and nothing that a server could have done. */
async function refusedAtTheDoor(error: ErrorName, attempt: () => Promise<Answer>): Promise<void> {
  const before = await traces();
  const { status, text } = await attempt();
  expect({ status, body: JSON.parse(text) as unknown }).toMatchObject({
    status: ERRORS[error].status,
    body: {
      jsonrpc: '2.0',
      error: { code: ERRORS[error].code, data: { error, outcome: 'not_executed', reason: expect.stringMatching(/\w/) } },
    },
  });
  expect(await traces()).toEqual(before);
}

/** What a request leaves behind when it reaches a server: an execution, an answer with an instance, a session. */
async function traces() {
  const tables = tablesAt(fleet.account.dynamodbUrl, fleet.account.tables);
  const rows = await tables.ledger();
  const sidecars = (await fleet.account.processes()).filter(({ role }) => role === 'sidecar');
  return {
    journal: await journalLength(),
    answered: rows.filter((row) => row.instance !== undefined || row.sentAt !== undefined || resultTextOf(row) !== undefined).length,
    sessions: sidecars.reduce((sum, { sessions }) => sum + (sessions ?? 0), 0),
  };
}

/** By `node:http`, which sends what it is told to: any method, any header, any bytes. */
async function send({ body = call(), headers = {}, path = '/payments/mcp', method = 'POST' }: Partial<Case>): Promise<Answer> {
  const url = new URL(path, fleet.baseUrl);
  const chunked = 'transfer-encoding' in headers;
  const all: Record<string, string> = {
    authorization: `Bearer ${token}`,
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
    ...(!chunked && { 'content-length': String(Buffer.byteLength(body)) }),
    ...headers,
  };
  if (all.authorization === '') delete all.authorization;
  return await new Promise((resolve, reject) => {
    let answered = false;
    const outgoing = httpRequest(url, { method, headers: all }, (response) => {
      answered = true;
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (text += chunk));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }));
      response.on('error', reject);
    });
    // A server that refuses a large body need not read it to its end.
    outgoing.on('error', (error) => !answered && reject(error));
    outgoing.end(body);
  });
}

/** Rows of the only table that is keyed by `entry`: the payments server keeps it, and the fleet knows nothing of it. */
async function journalLength(): Promise<number> {
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const client = new DynamoDBClient({ endpoint: fleet.account.dynamodbUrl, region: 'us-east-1', credentials });
  const { TableNames = [] } = await client.send(new ListTablesCommand({}));
  for (const TableName of TableNames) {
    const { Table } = await client.send(new DescribeTableCommand({ TableName }));
    if (Table?.KeySchema?.map((key) => key.AttributeName).join() !== 'entry') continue;
    return (await client.send(new ScanCommand({ TableName, ConsistentRead: true }))).Count ?? 0;
  }
  throw new Error('No table is keyed by "entry", as the journal of the payments server is.');
}
