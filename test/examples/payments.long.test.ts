import { once } from 'node:events';
import { ScanCommand } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type AgentClient, type ClientKind, openClient, type Reply } from '../../checks/agent-client';
import { API_KEY, JOURNAL_TABLE, type Payments, startPayments } from './payments-process';

let payments: Payments;

beforeAll(async () => {
  payments = await startPayments();
}, 30_000);

afterAll(async () => {
  await payments.stop();
});

describe.each<ClientKind>(['v1', 'v2', 'v2-modern'])('payments for an official %s client', (kind) => {
  let client: AgentClient;

  beforeAll(async () => {
    client = await open(kind);
  });

  afterAll(async () => {
    await client.close();
  });

  it('keeps a session in the legacy era only', () => {
    expect(typeof client.sessionId()).toBe(kind === 'v2-modern' ? 'undefined' : 'string');
  });

  it('lists its tools', async () => {
    expect([...(await client.tools())].sort()).toEqual([
      'balance',
      'find_batch',
      'find_transfer',
      'integration_status',
      'refund',
      'settle_batch',
      'transfer',
    ]);
  });

  it('journals a transfer before it answers, and finds it by reference', async () => {
    const reference = `ref-${kind}`;
    const { transferId } = value(await client.call('transfer', { ...RENT, reference }));
    expect(await journal(transferId as string)).toMatchObject([{ tool: 'transfer', ...RENT, reference }]);
    expect(value(await client.call('find_transfer', { reference }))).toMatchObject({ transfers: [{ transferId, ...RENT }] });
  });

  it('moves the money, and a refund moves it back', async () => {
    const before = value(await client.call('balance', { account: 'vendors' })).amount as number;
    const { transferId } = value(await client.call('transfer', RENT));
    expect(value(await client.call('balance', { account: 'vendors' })).amount).toBe(before + RENT.amount);
    const { refundId } = value(await client.call('refund', { transferId, reason: 'twice' }));
    expect(value(await client.call('balance', { account: 'vendors' })).amount).toBe(before);
    expect(await journal(refundId as string)).toMatchObject([{ tool: 'refund', from: 'vendors', to: 'operating', transferId }]);
  });

  it.each([
    ['an amount of 0', 'transfer', { amount: 0 }, /The amount is 0/],
    ['more than the account holds', 'transfer', { from: 'petty-cash', amount: 5001 }, /holds 5000; 5001 is more/],
    ['an unknown account', 'transfer', { to: '__proto__' }, /no account "__proto__"/],
    ['another currency', 'transfer', { currency: 'USD' }, /in EUR, the transfer in USD/],
    ['an unknown transfer', 'refund', { transferId: 'none', reason: 'x' }, /no transfer "none"/],
  ])('refuses %s as a tool error and journals nothing', async (_, tool, change, message) => {
    const before = (await journal()).length;
    const reply = await client.call(tool, tool === 'transfer' ? { ...RENT, ...change } : change);
    expect(reply).toMatchObject({ kind: 'result', isError: true });
    expect((reply as { text: string }).text).toMatch(message);
    expect(await journal()).toHaveLength(before);
  });

  it('shows its key, as the careless tool it is', async () => {
    expect(value(await client.call('integration_status', {}))).toEqual({ provider: 'connected', apiKey: API_KEY });
  });
});

it('ends a session on DELETE and answers 404 from then on', async () => {
  const client = await open('v1');
  const headers = {
    'mcp-session-id': client.sessionId() ?? '',
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
  };
  await client.close();
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' });
  const response = await fetch(payments.endpoint, { method: 'POST', headers, body });
  expect(response.status).toBe(404);
  expect(await response.json()).toMatchObject({ error: { code: -32001 } });
});

it('leaves a settlement in the journal when it is killed in the middle of it, and none of the caller knowing', async () => {
  const doomed = await startPayments();
  try {
    const client = await openClient('v1', doomed.endpoint, '');
    const reply = client.call('settle_batch', { seconds: 60 }, { timeout: 20_000 });
    await until(async () => (await journal(undefined, doomed)).length === 1);
    doomed.process.kill('SIGKILL');
    await once(doomed.process, 'exit');
    expect((await reply).kind).not.toBe('result');
    expect(await journal(undefined, doomed)).toMatchObject([{ tool: 'settle_batch' }]);
  } finally {
    await doomed.stop();
  }
}, 40_000);

it('stops on SIGTERM with a session open', async () => {
  const stopped = await startPayments();
  try {
    const client = await openClient('v2', stopped.endpoint, '');
    stopped.process.kill('SIGTERM');
    expect(await once(stopped.process, 'exit')).toEqual([0, null]);
    await client.close();
  } finally {
    await stopped.stop();
  }
}, 30_000);

const RENT = { from: 'operating', to: 'vendors', amount: 120, currency: 'EUR' };

/** The server itself asks for no token: who may call it is not its business. */
async function open(kind: ClientKind): Promise<AgentClient> {
  return await openClient(kind, payments.endpoint, '');
}

function value(reply: Reply): Record<string, unknown> {
  if (reply.kind !== 'result' || reply.isError) throw new Error(`The call was refused: ${JSON.stringify(reply)}`);
  return JSON.parse(reply.text) as Record<string, unknown>;
}

async function journal(entry?: string, of: Payments = payments): Promise<Record<string, unknown>[]> {
  const { Items = [] } = await of.dynamodb.send(new ScanCommand({ TableName: JOURNAL_TABLE, ConsistentRead: true }));
  return Items.map((item) => unmarshall(item)).filter((item) => entry === undefined || item.entry === entry);
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error('What the test waits for did not happen within 10 s');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
