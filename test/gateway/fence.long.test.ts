import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { agentId } from '../../core/agent';
import { callDigest } from '../../core/call-digest';
import { FENCE_WINDOW_MS } from '../../gateway/ledger/fences';
import { type LedgerRow, ledgerKey } from '../../ledger/row';
import { answer, deferred, grant, type Rig, readRpc, startRig } from './rig';

let rig: Rig;
let executed: number;

beforeAll(async () => {
  rig = await startRig({ payments: {} });
  for (const subject of ['treasury', 'support']) await grant(rig, subject, 'payments', ['*']);
});
afterAll(() => rig.stop());

beforeEach(() => {
  executed = 0;
  rig.skewMs += 2 * FENCE_WINDOW_MS; // no test sees the fences of another
  execute();
});

function execute(): void {
  rig.upstream = (_, response, body) => {
    executed++;
    answer(response, { jsonrpc: '2.0', id: JSON.parse(body).id, result: { content: [{ type: 'text', text: `execution ${executed}` }] } });
  };
}

/** Executes and loses the answer. */
function lose(): void {
  rig.upstream = (request) => {
    executed++;
    request.socket.destroy();
  };
}

const call = (args: object = { amount: 1 }, meta?: object) => ({
  jsonrpc: '2.0',
  id: 1,
  method: 'tools/call',
  params: { name: 'transfer', arguments: args, ...(meta && { _meta: meta }) },
});
const send = (args?: object, meta?: object, subject = 'treasury') => rig.ask(subject, 'payments', call(args, meta));
const stampOf = ({ result }: Awaited<ReturnType<typeof send>>) => result._meta['cdk-mcp-fleet/call'];

/** Sends a call, and leaves while it runs; resolves when the server has answered the gateway. */
async function sendAndLeave(): Promise<void> {
  const [reached, arrive] = deferred();
  const [left, leave] = deferred();
  rig.upstream = async (_, response, body) => {
    executed++;
    arrive();
    await left;
    answer(response, { jsonrpc: '2.0', id: JSON.parse(body).id, result: { content: [{ type: 'text', text: `execution ${executed}` }] } });
  };
  const leaving = new AbortController();
  const headers = {
    authorization: `Bearer ${await rig.token('treasury')}`,
    'content-type': 'application/json',
    accept: 'application/json',
  };
  const url = `${rig.url}/payments/mcp`;
  const abandoned = fetch(url, {
    method: 'POST',
    headers: { ...headers, accept: '*/*' },
    body: JSON.stringify(call()),
    signal: leaving.signal,
  });
  const gone = abandoned.then((response) => response.text()).catch(() => undefined);
  await reached;
  leaving.abort();
  await gone;
  leave();
  execute();
}

/** The row of a call like those of this test, of a gateway that is no more. */
function ofDeadGateway(): LedgerRow {
  const issuer = rig.gateway.config.identity.issuer;
  const agent = agentId({ issuer, subject: 'treasury' });
  const now = rig.gateway.now();
  return {
    pk: ledgerKey('payments', agent, `c:dead-${now}`),
    callId: `dead-${now}`,
    server: 'payments',
    agent,
    issuer,
    subject: 'treasury',
    tool: 'transfer',
    argumentsDigest: callDigest('transfer', '{"amount":1}').digest,
    arguments: '{"amount":1}',
    stateChanging: true,
    state: 'sent',
    fence: 'f',
    owner: 'dead',
    claimedAt: now,
    sentAt: now,
    leaseUntil: now + 900_000,
  };
}

describe('a call without a key', () => {
  test('runs again after an identical one was answered: it is a new intent', async () => {
    expect(stampOf(await send())?.replayed).toBe(false);
    expect(stampOf(await send())?.replayed).toBe(false);
    expect(executed).toBe(2);
  });

  test('is taken for the retry of an identical one whose outcome is unknown, and is not executed', async () => {
    lose();
    const first = await send();
    execute();
    const second = await send();
    expect(first.error.data).toMatchObject({ outcome: 'unknown' });
    expect(second.error.data).toMatchObject({ outcome: 'unknown', callId: first.error.data.callId });
    expect(executed).toBe(1);
    const rows = await rig.rows();
    expect(rows.filter(({ tool, state }) => tool === 'transfer' && state === 'unknown')).toHaveLength(1);
  });

  test('gets the result of an identical one whose caller left before it came', async () => {
    await sendAndLeave();
    const retry = await send();
    expect(retry.result.content).toEqual([{ type: 'text', text: 'execution 1' }]);
    expect(stampOf(retry)?.replayed).toBe(true);
    expect(executed).toBe(1);
    expect(stampOf(await send())?.replayed).toBe(false); // the result has been delivered: from now on it is a new intent
    expect(executed).toBe(2);
  });

  test('runs beside identical ones whose callers wait, here and at another replica', async () => {
    const other = await rig.replica();
    const headers = {
      authorization: `Bearer ${await rig.token('treasury')}`,
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
    };
    const answers = await Promise.all(
      Array.from({ length: 30 }, async (_, n) => {
        const response = await fetch(`${n % 2 ? rig.url : other}/payments/mcp`, { method: 'POST', headers, body: JSON.stringify(call()) });
        return readRpc(await response.text());
      }),
    );
    expect(answers.map(({ result }) => result?._meta['cdk-mcp-fleet/call']?.replayed)).toEqual(answers.map(() => false));
    expect(executed).toBe(30);
  });

  test('runs beside one that takes long at another replica, for that replica beats', async () => {
    const [reached, arrive] = deferred();
    const [answered, release] = deferred();
    rig.upstream = async (_, response, body) => {
      const first = ++executed === 1;
      arrive();
      if (first) await answered;
      answer(response, { jsonrpc: '2.0', id: JSON.parse(body).id, result: { content: [] } });
    };
    const other = await rig.replica();
    const headers = {
      authorization: `Bearer ${await rig.token('treasury')}`,
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
    };
    const long = fetch(`${other}/payments/mcp`, { method: 'POST', headers, body: JSON.stringify(call()) });
    await reached;
    expect(stampOf(await send())?.replayed).toBe(false);
    release();
    expect(readRpc(await (await long).text()).result?._meta['cdk-mcp-fleet/call']?.replayed).toBe(false);
    expect(executed).toBe(2);
  });

  test('behind one that was sent by a gateway that died is unknown', async () => {
    const row = ofDeadGateway();
    await rig.gateway.ledger.begin({ ...row, sentAt: row.claimedAt - 60_000 });
    await rig.gateway.fences.raise(row, row.claimedAt);
    expect(await send()).toMatchObject({ error: { code: 504 } });
    expect(executed).toBe(0);
  }, 15_000);

  test('behind one whose gateway stopped between its two writes is a new intent, and the other one finds its row taken', async () => {
    const row = ofDeadGateway();
    await rig.gateway.fences.raise(row, row.claimedAt);
    expect(stampOf(await send())).toMatchObject({ outcome: 'confirmed', replayed: false });
    expect(executed).toBe(1);
    expect(await rig.gateway.ledger.begin(row)).toBe(false);
    expect((await rig.rows()).find(({ pk }) => pk === row.pk)).toMatchObject({
      callId: row.callId,
      owner: 'dead',
      state: 'not_executed',
      history: [{ state: 'not_executed' }],
    });
    expect((await rig.gateway.fences.read(row)).entries).toEqual([]);
  }, 15_000);

  test('that has waited behind another is told so in one row, whatever came of it', async () => {
    const since = rig.gateway.now();
    lose();
    const { error } = await send();
    execute();
    const refused = (await send()).error;
    const rows = (await rig.rows()).filter(({ claimedAt, callId }) => claimedAt >= since && callId !== error.data.callId);
    expect(refused.data.callId).toBe(error.data.callId);
    expect(rows.map(({ reason, history = [] }) => [reason, history.map(({ state }) => state)])).toEqual([
      [expect.stringMatching(/^OUTCOME_UNKNOWN: this call was sent before/), ['sent', 'not_executed']],
    ]);
    expect(rig.gateway.lateWrites.count).toBe(0);
  });

  test('runs after an identical one that was not executed', async () => {
    rig.upstream = (_, response) => response.writeHead(503, { 'mcp-fleet-instance': 't', 'mcp-fleet-reason': 'at_capacity' }).end('{}');
    expect((await send()).error.code).toBe(503);
    execute();
    expect(stampOf(await send())).toMatchObject({ outcome: 'confirmed', replayed: false });
  });

  test.each<[string, () => ReturnType<typeof send>]>([
    ['other arguments', () => send({ amount: 2 })],
    ['another agent', () => send({ amount: 1 }, undefined, 'support')],
    ['another task', () => send({ amount: 1 }, { 'cdk-mcp-fleet/taskId': 'another' })],
    ['a fresh key', () => send({ amount: 1 }, { 'cdk-mcp-fleet/idempotencyKey': `fresh-${rig.skewMs}` })],
  ])('with %s passes the fence of one that is unknown', async (_, other) => {
    lose();
    await send();
    execute();
    expect(stampOf(await other())).toMatchObject({ outcome: 'confirmed', replayed: false });
  });

  test('is a new intent after the window, where the agent names no task', async () => {
    lose();
    await send();
    execute();
    rig.skewMs += FENCE_WINDOW_MS + 2_000;
    expect(stampOf(await send())).toMatchObject({ outcome: 'confirmed', replayed: false });
  });

  test('of a named task is held back for longer than the window', async () => {
    const task = { 'cdk-mcp-fleet/taskId': `task-${rig.skewMs}` };
    lose();
    await send({ amount: 1 }, task);
    execute();
    rig.skewMs += FENCE_WINDOW_MS + 2_000;
    expect((await send({ amount: 1 }, task)).error.data).toMatchObject({ outcome: 'unknown' });
    expect(executed).toBe(1);
  });
});
