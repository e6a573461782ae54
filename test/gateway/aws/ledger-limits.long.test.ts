import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { AwsLimits } from '../../../core/aws-limits';
import { answer, grant, type Rig } from '../rig';
import type { Fate } from './proxy';
import { startTablesRig, type TablesRig } from './tables-rig';

const LIMITS: AwsLimits = { connectMs: 400, answerMs: 400, attempts: 2, totalMs: 1_000, connections: 50 };

let started: TablesRig;
let rig: Rig;
let tables: TablesRig['tables'];

beforeEach(async () => {
  started = await startTablesRig({ payments: { tools: { balance: { effect: 'read_only', key: 'fenced' } } } }, LIMITS);
  ({ rig, tables } = started);
  await grant(rig, 'treasury', 'payments', ['*']);
  rig.upstream = (_, response, body) => answer(response, { jsonrpc: '2.0', id: JSON.parse(body).id, result: { content: [], tools: [] } });
});

afterEach(() => started.stop());

const pay = (key?: string) =>
  rig.ask('treasury', 'payments', {
    jsonrpc: '2.0',
    id: 1,
    method: 'tools/call',
    params: {
      name: 'transfer',
      arguments: { amount: 1 },
      ...(key !== undefined && { _meta: { 'cdk-mcp-fleet/idempotencyKey': key } }),
    },
  });

const sent = () => rig.reached.filter(({ body }) => body.includes('tools/call'));
const rowOf = async (key: string) => (await rig.rows()).find(({ pk }) => pk.endsWith(`#k:${key}`));

/** Has one write lost, and its repetitions pass. */
function loseFirst(operation: string, mark: string, fate: Fate): void {
  let lost = false;
  tables.fate = (name, body) => {
    if (lost || name !== operation || !body.includes(mark)) return 'pass';
    lost = true;
    return fate;
  };
}

test.each(['silent', 'unheard', 'deaf'] as const)(
  'a claim whose first attempt is %s is ours by the second, and runs once',
  async (fate) => {
    loseFirst('PutItem', '#k:one', fate);
    expect((await pay('one')).result).toMatchObject({ content: [] });
    expect(sent()).toHaveLength(1);
    expect((await rowOf('one'))?.state).toBe('confirmed');
  },
);

/** Leaves a key under which nothing happened: who claims it next marks its call as sent by a write of its own. */
async function leaveFree(key: string): Promise<void> {
  tables.fate = (operation, body) => (operation === 'PutItem' && body.includes(`#k:${key}`) ? 'silent' : 'pass');
  await pay(key);
  tables.fate = () => 'pass';
  await rig.gateway.lateWrites.flush();
}

test.each(['unheard', 'deaf'] as const)('a mark as sent that is done and %s is read right, and the call runs once', async (fate) => {
  await leaveFree('two');
  loseFirst('UpdateItem', '#k:two', fate);
  expect((await pay('two')).result).toMatchObject({ content: [] });
  expect(sent()).toHaveLength(1);
  expect((await rowOf('two'))?.state).toBe('confirmed');
});

test.each([
  ['written and never heard', 'deaf', 'sent', ['sent', 'not_executed']],
  ['lost', 'silent', undefined, ['not_executed']],
] as const)(
  'a claim that is %s sends nothing; its row says so when the table is back, and the same key runs once',
  async (_, fate, left, history) => {
    tables.fate = (operation, body) => (operation === 'PutItem' && body.includes('#k:three') ? fate : 'pass');
    const { error } = await pay('three');
    expect(error).toMatchObject({ code: 507, data: { outcome: 'not_executed', retry: 'safe' } });
    expect([sent(), (await rowOf('three'))?.state, rig.gateway.lateWrites.count]).toEqual([[], left, 1]);
    tables.fate = () => 'pass';
    await rig.gateway.lateWrites.flush();
    const ended = await rowOf('three');
    expect([ended?.callId, ended?.history?.map(({ state }) => state)]).toEqual([error.data.callId, history]);
    expect((await pay('three')).result).toMatchObject({ content: [] });
    expect((await pay('three')).result._meta['cdk-mcp-fleet/call']).toMatchObject({ replayed: true });
    expect(sent()).toHaveLength(1);
  },
);

test('who finds such a claim before its writer can write is told that nobody knows, until the writer says that it sent nothing', async () => {
  tables.fate = (operation, body) => (operation === 'PutItem' && body.includes('#k:three') ? 'deaf' : 'pass');
  await pay('three');
  tables.fate = () => 'pass';
  rig.skewMs += 5_000;
  expect((await pay('three')).error).toMatchObject({ code: 504, data: { outcome: 'unknown' } });
  await rig.gateway.lateWrites.flush();
  expect((await rowOf('three'))?.history?.map(({ state }) => state)).toEqual(['sent', 'unknown', 'not_executed']);
  expect((await pay('three')).result).toMatchObject({ content: [] });
  expect(sent()).toHaveLength(1);
});

test('a mark as sent that is written and never heard sends nothing, and the key stays safe', async () => {
  await leaveFree('four');
  tables.fate = (operation, body) => (operation === 'UpdateItem' && body.includes('#k:four') ? 'deaf' : 'pass');
  const { error } = await pay('four');
  expect(error).toMatchObject({ code: 507, data: { outcome: 'not_executed' } });
  expect(sent()).toEqual([]);
  tables.fate = () => 'pass';
  await rig.gateway.lateWrites.flush();
  expect((await rowOf('four'))?.state).toBe('not_executed');
  expect((await pay('four')).result).toMatchObject({ content: [] });
  expect(sent()).toHaveLength(1);
});

test.each([
  ['row', 'BatchExecuteStatement', '#c:'],
  ['fence', 'UpdateItem', 'fence#'],
])(
  'a call without a key whose %s is written and never heard sends nothing, and the next identical one runs once',
  async (_, operation, mark) => {
    tables.fate = (name, body) => (name === operation && body.includes(mark) ? 'deaf' : 'pass');
    expect((await pay()).error).toMatchObject({ code: 507, data: { outcome: 'not_executed' } });
    expect(sent()).toEqual([]);
    tables.fate = () => 'pass';
    await rig.gateway.lateWrites.flush();
    expect((await pay()).result).toMatchObject({ content: [] });
    expect(sent()).toHaveLength(1);
  },
);

test('fifty calls that wait for silent tables stall neither health nor what needs no table; then they fail at once', async () => {
  tables.fate = () => 'silent';
  const stuck = Array.from({ length: 50 }, (_, call) => pay(`key-${call}`));
  const list = await rig.ask('treasury', 'payments', { jsonrpc: '2.0', id: 2, method: 'tools/list' });
  expect(list.result.tools).toEqual([]);
  expect((await fetch(`${rig.url}/healthz`)).status).toBe(200);
  const ended = await Promise.all(stuck);
  expect(new Set(ended.map(({ error }) => error.code))).toEqual(new Set([507]));
  expect([sent(), started.aws.tables.standing]).toEqual([[], 'endpoint']);
  expect(tables.most).toBeLessThanOrEqual(50);
  // Whatever asks the tables by itself goes on; this call is at most the one that finds out whether they are back.
  let late = 0;
  tables.fate = (_, body) => {
    if (body.includes('#k:late')) late++;
    return 'silent';
  };
  expect((await pay('late')).error).toMatchObject({ code: 507, data: { reason: expect.stringContaining('DependencyGone') } });
  expect(late).toBeLessThanOrEqual(1);
});
