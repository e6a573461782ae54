import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { agentId } from '../../core/agent';
import { callDigest } from '../../core/call-digest';
import { type LedgerRow, ledgerKey } from '../../ledger/row';
import { answer, askedId, grant, type Rig, startRig } from './rig';

let rig: Rig;

beforeAll(async () => {
  rig = await startRig({ payments: {}, reports: {} });
  await grant(rig, 'treasury', 'payments', ['*']);
  await grant(rig, 'support', 'payments', ['balance']);
});
afterAll(() => rig.stop());
beforeEach(() => {
  rig.kept.clear();
  rig.reached.length = 0;
});

const call = (key?: string) => ({
  jsonrpc: '2.0',
  id: 1,
  method: 'tools/call',
  params: { name: 'transfer', arguments: {}, ...(key !== undefined && { _meta: { 'cdk-mcp-fleet/idempotencyKey': key } }) },
});

async function askLater(key: string, { subject = 'treasury', server = 'payments', method = 'GET', token = '' } = {}): Promise<Response> {
  return fetch(`${rig.url}/${server}/calls/${encodeURIComponent(key)}`, {
    method,
    headers: { authorization: `Bearer ${token || (await rig.token(subject))}` },
  });
}

/** A row that a gateway which is dead has left. */
async function leaveRow(key: string, change: Partial<LedgerRow>): Promise<void> {
  const issuer = rig.gateway.config.identity.issuer;
  const agent = agentId({ issuer, subject: 'treasury' });
  const now = Date.now();
  await rig.gateway.ledger.append({
    pk: ledgerKey('payments', agent, `k:${key}`),
    callId: `call-${key}`,
    idempotencyKey: key,
    server: 'payments',
    agent,
    issuer,
    subject: 'treasury',
    tool: 'transfer',
    argumentsDigest: callDigest('transfer', '{}').digest,
    arguments: '{}',
    stateChanging: true,
    state: 'sent',
    fence: 'f',
    owner: 'dead',
    route: 'here',
    claimedAt: now,
    sentAt: now - 60_000,
    leaseUntil: now + 60_000,
    ...change,
  });
}

describe('a call that is settled', () => {
  test('is told by its key, with the result as the server wrote it', async () => {
    rig.upstream = (_, response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'mcp-fleet-instance': 'task-1' });
      response.end(`{"jsonrpc":"2.0","id":${askedId(response)},"result":{"content":[],"structuredContent":{"id":12345678901234567890}}}`);
    };
    const key = 'invoice 4711/ü?#%';
    await rig.ask('treasury', 'payments', call(key));
    const response = await askLater(key);
    expect([response.status, response.headers.get('cache-control')]).toEqual([200, 'no-store']);
    const text = await response.text();
    expect(text).toContain('"result":{"content":[],"structuredContent":{"id":12345678901234567890}}');
    expect(JSON.parse(text)).toMatchObject({
      callId: expect.any(String),
      idempotencyKey: key,
      server: 'payments',
      tool: 'transfer',
      outcome: 'confirmed',
      settledAt: expect.any(Number),
    });
    expect(rig.reached).toHaveLength(1);
  });

  test('is told by its call id where it had no key, and a JSON-RPC error stays one', async () => {
    rig.upstream = (_, response) => answer(response, { jsonrpc: '2.0', id: 1, error: { code: -32010, message: 'no funds' } });
    await rig.ask('treasury', 'payments', call());
    const { callId } = (await rig.rows()).find(({ state }) => state === 'failed') as LedgerRow;
    expect(await (await askLater(callId)).json()).toMatchObject({
      callId,
      outcome: 'failed',
      error: { code: -32010, message: 'no funds' },
    });
  });
});

describe('a call that is not settled', () => {
  test('is told as what it is', async () => {
    await leaveRow('claimed', { state: 'claimed' });
    const told = await (await askLater('claimed')).json();
    expect(told).toMatchObject({ callId: 'call-claimed', state: 'claimed' });
    expect(told).not.toHaveProperty('outcome');
  });

  test('is unknown when neither its gateway nor its instance can tell, and confirmed as soon as the instance can', async () => {
    await leaveRow('lost', {});
    expect(await (await askLater('lost')).json()).toMatchObject({
      outcome: 'unknown',
      reason: expect.stringContaining('nor its instance'),
    });
    rig.kept.set('call-lost', '{"jsonrpc":"2.0","id":1,"result":{"content":[]}}');
    expect(await (await askLater('lost')).json()).toMatchObject({ outcome: 'confirmed', result: { content: [] } });
  });

  test('is told as a person has settled it, to who asks and to who sends it again', async () => {
    await leaveRow('judged', { state: 'unknown', reason: 'its answer was lost' });
    const row = (await rig.rows()).find(({ idempotencyKey }) => idempotencyKey === 'judged') as LedgerRow;
    const word = { outcome: 'failed', resolvedBy: 'ada', resolvedAt: 5, resolutionReason: 'the bank refused it' } as const;
    expect(await rig.gateway.ledger.resolve(row, word)).toBe(true);
    expect(await rig.gateway.ledger.resolve({ ...row, fence: 'g' }, word)).toBe(false);
    const told = await (await askLater('judged')).json();
    expect(told).toMatchObject({ outcome: 'failed', settledAt: 5, reason: 'the bank refused it' });
    expect(JSON.stringify(told)).not.toContain('ada');
    const { result } = await rig.ask('treasury', 'payments', call('judged'));
    expect(result).toMatchObject({
      content: [{ text: 'A person settled this call as failed: the bank refused it' }],
      isError: true,
      _meta: { 'cdk-mcp-fleet/call': { outcome: 'failed', replayed: true } },
    });
    expect(rig.reached).toEqual([]);
  });

  test('that a person has found not executed frees its key, and stays in the audit under its call id', async () => {
    await leaveRow('free', { state: 'unknown' });
    const row = (await rig.rows()).find(({ idempotencyKey }) => idempotencyKey === 'free') as LedgerRow;
    const word = { outcome: 'not_executed', resolvedBy: 'ada', resolvedAt: 5, resolutionReason: 'no such payment' } as const;
    expect(await rig.gateway.ledger.resolve(row, word)).toBe(true);
    rig.upstream = (_, response) => answer(response, { jsonrpc: '2.0', id: 1, result: { content: [] } });
    await rig.ask('treasury', 'payments', call('free'));
    expect(await (await askLater('free')).json()).toMatchObject({ outcome: 'confirmed' });
    expect(await (await askLater('call-free')).json()).toMatchObject({ outcome: 'not_executed', reason: 'no such payment' });
    expect((await rig.rows()).find(({ callId }) => callId === 'call-free')).toMatchObject({ resolvedBy: 'ada' });
  });
});

describe('who may ask', () => {
  test.each([
    ['a key that was never used', () => askLater('never'), 404, 'UNKNOWN_CALL', 'unknown', 'same_key'],
    [
      "another agent's key",
      () => leaveRow('theirs', {}).then(() => askLater('theirs', { subject: 'support' })),
      404,
      'UNKNOWN_CALL',
      'unknown',
      'same_key',
    ],
    ['a token that is none', () => askLater('k', { token: 'x' }), 401, 'UNAUTHENTICATED', 'not_executed', 'with_token'],
    ['an agent without a grant', () => askLater('k', { server: 'reports' }), 403, 'SERVER_DENIED', 'not_executed', 'never'],
    ['a server that is none', () => askLater('k', { server: 'nowhere' }), 404, 'UNKNOWN_SERVER', 'not_executed', 'never'],
    ['another method', () => askLater('k', { method: 'DELETE' }), 405, 'METHOD_NOT_ALLOWED', 'not_executed', 'never'],
  ])('%s', async (_, ask, status, error, outcome, retry) => {
    const response = await ask();
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ error: { data: { error, outcome, retry } } });
  });

  test('a missing token is told where to get one, and a key that is no UTF-8 what is wrong', async () => {
    const bare = await fetch(`${rig.url}/payments/calls/k`);
    expect([bare.status, bare.headers.get('www-authenticate')]).toEqual([401, expect.stringContaining('resource_metadata=')]);
    const broken = await fetch(`${rig.url}/payments/calls/%FF`, { headers: { authorization: `Bearer ${await rig.token('treasury')}` } });
    expect(broken.status).toBe(400);
  });
});
