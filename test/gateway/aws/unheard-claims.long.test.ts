import { expect, jest, test } from '@jest/globals';
import type { AwsLimits } from '../../../core/aws-limits';
import { randomOf } from '../../chaos/random';
import { answer, grant } from '../rig';
import type { Fate } from './proxy';
import { startTablesRig } from './tables-rig';

const CALLS = Number(process.env.UNHEARD_CLAIMS ?? 1_000);
const AT_ONCE = 25;
const SEED = 'unheard claims';
const LIMITS: AwsLimits = { connectMs: 2_000, answerMs: 400, attempts: 2, totalMs: 4_000, connections: 50 };
const FATES: readonly Fate[] = ['silent', 'broken', 'unheard', 'deaf'];

jest.setTimeout(3_600_000);

/**
 * The first write of a key says that its call is sent. Each of these is lost, or its answer is, in one attempt or in all; then the
 * write that takes it back may be, too. The agent asks again at once, as it is told that it may.
 */
test('no claim that was not answered stays unknown while its gateway lives, and each key runs once', async () => {
  const { rig, tables, stop } = await startTablesRig({ payments: {} }, LIMITS);
  await grant(rig, 'treasury', 'payments', ['*']);
  const executed = new Map<string, number>();
  rig.upstream = (_, response, body) => {
    const { id, params } = JSON.parse(body);
    executed.set(params.arguments.key, (executed.get(params.arguments.key) ?? 0) + 1);
    answer(response, { jsonrpc: '2.0', id, result: { content: [] } });
  };
  const random = randomOf(SEED);
  /** Fates of the writes of a key, in their order; then they pass. Most keys have none, lest the tables be taken to be away. */
  const plans = Array.from({ length: CALLS }, () =>
    Array.from({ length: random() < 0.25 ? 1 + Math.floor(random() * 5) : 0 }, () => FATES[Math.floor(random() * FATES.length)] as Fate),
  );
  let faults = 0;
  tables.fate = (operation, body) => {
    const key = operation.startsWith('Get') ? undefined : /#k:key-(\d+)"/.exec(body)?.[1];
    const fate = key === undefined ? undefined : plans[Number(key)]?.shift();
    if (fate !== undefined) faults++;
    return fate ?? 'pass';
  };
  const ask = (key: string) =>
    rig.ask('treasury', 'payments', {
      jsonrpc: '2.0',
      id: 1,
      method: 'tools/call',
      params: { name: 'transfer', arguments: { key }, _meta: { 'cdk-mcp-fleet/idempotencyKey': key } },
    });
  const told = { first: {} as Record<string, number>, again: {} as Record<string, number> };
  const count = (of: Record<string, number>, { result, error }: Awaited<ReturnType<typeof ask>>) => {
    const word = result === undefined ? String(error.data.error) : 'a result';
    of[word] = (of[word] ?? 0) + 1;
  };
  const keys = Array.from({ length: CALLS }, (_, call) => `key-${call}`);
  const eachKey = async (work: (key: string) => Promise<void>) => {
    const left = [...keys];
    const worker = async () => {
      for (let key = left.shift(); key !== undefined; key = left.shift()) await work(key);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
  };
  try {
    await eachKey(async (key) => {
      count(told.first, await ask(key));
      count(told.again, await ask(key));
    });
    while (rig.gateway.lateWrites.count > 0) {
      await rig.gateway.lateWrites.flush();
      await new Promise((resolve) => setTimeout(resolve, 1_000));
    }
    const states: Record<string, number> = {};
    for (const { pk, state } of await rig.rows()) if (pk.includes('#k:')) states[state] = (states[state] ?? 0) + 1;
    process.stdout.write(`  ${CALLS} claims, ${faults} faults: ${JSON.stringify({ told, states })}\n`);
    expect(states.unknown ?? 0).toBe(0);
    expect(states.sent ?? 0).toBe(0);
    await eachKey(async (key) => expect((await ask(key)).result).toMatchObject({ content: [] }));
    expect(keys.filter((key) => executed.get(key) !== 1)).toEqual([]);
  } finally {
    await stop();
  }
});
