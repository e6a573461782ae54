import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { agentId } from '../../core/agent';
import { ERRORS, type ErrorName } from '../../core/errors';
import type { LedgerRow } from '../../ledger/row';
import { answer, grant, type Rig, startRig } from './rig';

/** Every way out of the gateway, and whether it leaves a row: docs/ledger.md has the same table. */

let rig: Rig;

beforeAll(async () => {
  const tools = { balance: { effect: 'read_only', key: 'fenced' }, pay: { effect: 'state_changing', key: 'required' } } as const;
  rig = await startRig({ payments: { tools, recovery: { attempts: 1, seconds: 1 }, queue: { length: 1, seconds: 1 } }, secret: {} });
  await grant(rig, 'treasury', 'payments', ['transfer', 'balance', 'pay']);
});
afterAll(() => rig.stop());
beforeEach(() => {
  rig.authorizerFails = false;
  rig.upstream = (_, response) => answer(response, { jsonrpc: '2.0', result: { content: [] } });
});

interface Seen {
  readonly status: number;
  readonly error?: string;
}

async function send(init: RequestInit & { subject?: string; server?: string; path?: string }): Promise<Seen> {
  const { subject = 'treasury', server = 'payments', path = `/${server}/mcp`, ...request } = init;
  const headers = {
    ...(subject !== '' && { authorization: `Bearer ${await rig.token(subject)}` }),
    ...(request.method === 'POST' && { 'content-type': 'application/json' }),
    accept: request.method === 'GET' ? 'text/event-stream' : 'application/json, text/event-stream',
    ...(request.headers as Record<string, string>),
  };
  const response = await fetch(`${rig.url}${path}`, { ...request, headers });
  const text = await response.text();
  const json = text.trim() === '' ? {} : JSON.parse(text.startsWith('{') ? text : (text.trim().split('\ndata: ').at(-1) ?? '{}'));
  return { status: response.status, error: json.error?.data?.error };
}

const post = (body: unknown, more: Parameters<typeof send>[0] = {}) =>
  send({ method: 'POST', body: typeof body === 'string' ? body : JSON.stringify(body), ...more });
const request = (method: string, params: object = {}) => ({ jsonrpc: '2.0', id: 1, method, params });
const INITIALIZE = request('initialize', { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'test', version: '1' } });
const call = (name: string, key?: string, args: object = {}) =>
  request('tools/call', { name, arguments: args, ...(key !== undefined && { _meta: { 'cdk-mcp-fleet/idempotencyKey': key } }) });

/** A row that a refusal leaves: of the tool that was called, or of the method. */
type Left = Partial<Pick<LedgerRow, 'tool' | 'method' | 'state' | 'server'>>;

/** Nobody is known, or what was asked for cannot be read: a line in the log, and a metric where there is one. */
const NO_ROW = undefined;

const EXITS: readonly (readonly [string, ErrorName | undefined, () => Promise<Seen>, Left | undefined])[] = [
  ['no token', 'UNAUTHENTICATED', () => post(call('transfer'), { subject: '' }), NO_ROW],
  ['a foreign origin', 'ORIGIN_DENIED', () => post(call('transfer'), { headers: { origin: 'https://evil.test' } }), NO_ROW],
  ['a server that there is not', 'UNKNOWN_SERVER', () => post(call('transfer'), { server: 'nowhere' }), NO_ROW],
  ['bytes that are no JSON', 'PARSE_ERROR', () => post('{'), NO_ROW],
  ['no JSON-RPC', 'INVALID_REQUEST', () => post({ id: 1 }), NO_ROW],
  ['a call without a name', 'INVALID_PARAMS', () => post(request('tools/call', {})), NO_ROW],
  ['keys that differ', 'HEADER_MISMATCH', () => post(call('transfer', 'one'), { headers: { 'idempotency-key': '"other"' } }), NO_ROW],
  ['an answer that nobody takes', 'NOT_ACCEPTABLE', () => post(call('transfer'), { headers: { accept: 'text/plain' } }), NO_ROW],
  ['no JSON by its type', 'UNSUPPORTED_MEDIA_TYPE', () => post('x', { headers: { 'content-type': 'text/plain' } }), NO_ROW],
  ['another HTTP method', 'METHOD_NOT_ALLOWED', () => send({ method: 'PUT', body: '{}' }), NO_ROW],
  ['a method that there is not', 'METHOD_NOT_FOUND', () => post(request('no/such')), NO_ROW],
  ['a session that nobody holds', 'UNKNOWN_SESSION', () => send({ method: 'GET', headers: { 'mcp-session-id': 'x' } }), NO_ROW],

  [
    'a call to a server of others',
    'SERVER_DENIED',
    () => post(call('transfer'), { server: 'secret' }),
    { tool: 'transfer', state: 'not_executed' },
  ],
  [
    'a session there',
    'SERVER_DENIED',
    () => post(INITIALIZE, { server: 'secret' }),
    { tool: 'initialize', method: 'initialize', state: 'not_executed' },
  ],
  ['its list', 'SERVER_DENIED', () => post(request('tools/list'), { server: 'secret' }), { method: 'tools/list' }],
  ['its stream', 'SERVER_DENIED', () => send({ method: 'GET', server: 'secret', headers: { 'mcp-session-id': 'x' } }), { method: 'GET' }],
  ['what became of a call there', 'SERVER_DENIED', () => send({ method: 'GET', path: '/secret/calls/k' }), { method: 'GET' }],
  [
    'a session while the authorizer is gone',
    'AUTHORIZER_UNAVAILABLE',
    () => {
      rig.authorizerFails = true;
      return post(INITIALIZE, { subject: 'unheard-of' });
    },
    { method: 'initialize' },
  ],
  ['a tool that was not granted', 'DENIED', () => post(call('refund')), { tool: 'refund', state: 'not_executed' }],
  ['no key where one must come', 'KEY_REQUIRED', () => post(call('pay')), { tool: 'pay', state: 'not_executed' }],
  [
    'a key of another call',
    'KEY_REUSED',
    async () => {
      await post(call('pay', 'reused'));
      return post(call('pay', 'reused', { other: true }));
    },
    { tool: 'pay', state: 'not_executed' },
  ],
  [
    'a call in a session that nobody holds',
    'UNKNOWN_SESSION',
    () => post(call('transfer'), { headers: { 'mcp-session-id': 'x' } }),
    { tool: 'transfer', state: 'not_executed' },
  ],
  [
    'a server that is full',
    'AT_CAPACITY',
    () => {
      rig.upstream = (_, response) => response.writeHead(503, { 'mcp-fleet-instance': 't', 'mcp-fleet-reason': 'at_capacity' }).end();
      return post(call('transfer', 'full'));
    },
    { tool: 'transfer', state: 'not_executed' },
  ],
  [
    'an answer that was lost',
    'OUTCOME_UNKNOWN',
    () => {
      rig.upstream = (incoming) => incoming.socket.destroy();
      return post(call('transfer', 'lost'));
    },
    { tool: 'transfer', state: 'unknown' },
  ],
  [
    'a lost read',
    'OUTCOME_UNKNOWN',
    () => {
      rig.upstream = (incoming) => incoming.socket.destroy();
      return post(call('balance'));
    },
    { tool: 'balance', state: 'unknown' },
  ],
  ['a read', undefined, () => post(call('balance')), { tool: 'balance', state: 'confirmed' }],
  ['a write', undefined, () => post(call('transfer', 'good')), { tool: 'transfer', state: 'confirmed' }],
  [
    'a repetition',
    undefined,
    async () => {
      await post(call('transfer', 'again'));
      return post(call('transfer', 'again'));
    },
    { tool: 'transfer', state: 'not_executed' },
  ],
];

test.each(EXITS)('%s: %s', async (_, error, drive, left) => {
  const before = new Set((await rig.rows()).map(({ callId, state }) => `${callId} ${state}`));
  const seen = await drive();
  expect(seen.error).toBe(error);
  const rows = (await rig.rows()).filter(({ callId, state }) => !before.has(`${callId} ${state}`));
  if (left === NO_ROW) return expect(rows).toEqual([]);
  const own = rows.filter(({ reason = '' }) => error === undefined || left.state === 'unknown' || reason.startsWith(error));
  expect(own).toContainEqual(expect.objectContaining({ issuer: rig.gateway.config.identity.issuer, ...left }));
  for (const { agent, issuer, subject } of rows) expect(agent).toBe(agentId({ issuer, subject }));
});

/** Played elsewhere: test/gateway of its name, or of the stage that says it. */
const ELSEWHERE: readonly ErrorName[] = [
  'CALL_LIMIT',
  'FROZEN',
  'IN_PROGRESS',
  'INSUFFICIENT_SCOPE',
  'INTERNAL',
  'LEDGER_UNAVAILABLE',
  'NOT_DELIVERED',
  'PAYLOAD_TOO_LARGE',
  'RESULT_NOT_KEPT',
  'SERVER_UNAVAILABLE',
  'SESSION_STATE_LOST',
  'TASK_BUDGET',
  'UNKNOWN_CALL',
  'UNSUPPORTED_VERSION',
];

test('no error is forgotten here', () => {
  const played = new Set(EXITS.map(([, error]) => error));
  const forgotten = (Object.keys(ERRORS) as ErrorName[]).filter((name) => !played.has(name) && !ELSEWHERE.includes(name));
  expect(forgotten).toEqual([]);
});

test('requests of nobody who is known are counted', () => {
  const lines: string[] = [];
  Object.assign(rig.gateway.metrics, { write: (line: string) => lines.push(line) });
  rig.gateway.metrics.flush();
  expect(lines.map((line) => JSON.parse(line)).find(({ Server }) => Server === 'payments')).toMatchObject({
    Unauthenticated: expect.anything(),
  });
});
