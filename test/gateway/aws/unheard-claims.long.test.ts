import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import type { AwsLimits } from '../../../core/aws-limits';
import { randomOf } from '../../chaos/random';
import { answer, grant } from '../rig';
import type { Fate } from './proxy';
import { startTablesRig, type TablesRig } from './tables-rig';

/** Calls of each kind; about seven faults come on ten of them. */
const CALLS = Number(process.env.UNHEARD_CLAIMS ?? 500);
const AT_ONCE = 25;
const SEED = process.env.UNHEARD_SEED ?? 'unheard claims';
const LIMITS: AwsLimits = { connectMs: 4_000, answerMs: 1_000, attempts: 2, totalMs: 6_000, connections: 50 };
/** Who is told that the ledger is away does not ask again at once, or all would be asked while it is left alone. */
const AGAIN_MS = 200;
const FATES: readonly Fate[] = ['silent', 'broken', 'unheard', 'deaf'];

jest.setTimeout(3_600_000);

let started: TablesRig;
let executed: Map<string, number>;
let faults: number;
let random: () => number;

beforeEach(async () => {
  started = await startTablesRig({ payments: {} }, LIMITS, Date.now);
  await grant(started.rig, 'treasury', 'payments', ['*']);
  executed = new Map();
  faults = 0;
  random = randomOf(SEED);
  started.rig.upstream = (_, response, body) => {
    const { id, params } = JSON.parse(body);
    const { name } = params.arguments;
    executed.set(name, (executed.get(name) ?? 0) + 1);
    answer(response, { jsonrpc: '2.0', id, result: { content: [] } });
  };
});
afterEach(() => started.stop());

const fateByChance = () => FATES[Math.floor(random() * FATES.length)] as Fate;

function ask(name: string, meta: object = {}) {
  const params = { name: 'transfer', arguments: { name }, ...meta };
  return started.rig.ask('treasury', 'payments', { jsonrpc: '2.0', id: 1, method: 'tools/call', params });
}
type Told = Awaited<ReturnType<typeof ask>>;
const keyed = (name: string) => ask(name, { _meta: { 'cdk-mcp-fleet/idempotencyKey': name } });

const NAMES = Array.from({ length: CALLS }, (_, call) => `call-${call}`);

async function each(work: (name: string) => Promise<void>): Promise<void> {
  const left = [...NAMES];
  const worker = async () => {
    for (let name = left.shift(); name !== undefined; name = left.shift()) await work(name);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

function counter(): { count(told: Told): void; readonly words: Record<string, number> } {
  const words: Record<string, number> = {};
  const count = ({ result, error }: Told) => {
    const word = result === undefined ? String(error.data.error) : 'a result';
    words[word] = (words[word] ?? 0) + 1;
  };
  return { count, words };
}

/** Writes all that is kept, and counts in which states the rows of calls are then. */
async function statesAtLast(marker: string): Promise<Record<string, number>> {
  const { rig } = started;
  while (rig.gateway.lateWrites.count > 0) {
    await rig.gateway.lateWrites.flush();
    await delay(1_000);
  }
  const states: Record<string, number> = {};
  for (const { pk, state } of await rig.rows()) if (pk.includes(marker)) states[state] = (states[state] ?? 0) + 1;
  return states;
}

/**
 * The first write of a key says that its call is sent. Each of these is lost, or its answer is, in one attempt or in all; then the
 * write that takes it back may be, too. The agent asks again at once.
 */
test('no claim that was not answered stays unknown while its gateway lives, and each key runs once', async () => {
  /** Fates of the writes of a key, in their order; then they pass. Most keys have none, lest the tables be taken to be away. */
  const plans = NAMES.map(() => Array.from({ length: random() < 0.25 ? 1 + Math.floor(random() * 5) : 0 }, fateByChance));
  started.tables.fate = (operation, body) => {
    const call = operation.startsWith('Get') ? undefined : /#k:call-(\d+)"/.exec(body)?.[1];
    const fate = call === undefined ? undefined : plans[Number(call)]?.shift();
    if (fate !== undefined) faults++;
    return fate ?? 'pass';
  };
  const [first, again] = [counter(), counter()];
  await each(async (name) => {
    first.count(await keyed(name));
    again.count(await keyed(name));
  });
  const states = await statesAtLast('#k:');
  process.stdout.write(`  ${CALLS} keys, ${faults} faults: ${JSON.stringify({ first: first.words, again: again.words, states })}\n`);
  expect([states.unknown ?? 0, states.sent ?? 0]).toEqual([0, 0]);
  const toldAtLast = counter();
  await each(async (name) => toldAtLast.count(await keyed(name)));
  expect(toldAtLast.words).toEqual({ 'a result': CALLS });
  expect(NAMES.filter((name) => executed.get(name) !== 1)).toEqual([]);
});

/** So does the row of a call without a key, which is written while its fence is raised; either may be lost, and what ends them. */
test('no call without a key whose writes were not answered stays unknown while its gateway lives, and each runs once', async () => {
  started.tables.fate = (operation, body) => {
    const isWrite = operation !== 'GetItem' && /fence#|#c:/.test(body);
    if (!isWrite || random() > 0.15) return 'pass';
    faults++;
    return fateByChance();
  };
  const told = counter();
  await each(async (name) => {
    for (let answered = false; !answered; ) {
      const answer = await ask(name);
      told.count(answer);
      answered = answer.result !== undefined;
      if (!answered) await delay(AGAIN_MS);
    }
  });
  started.tables.fate = () => 'pass';
  const states = await statesAtLast('#c:');
  process.stdout.write(`  ${CALLS} calls without a key, ${faults} faults: ${JSON.stringify({ told: told.words, states })}\n`);
  expect([states.unknown ?? 0, states.sent ?? 0]).toEqual([0, 0]);
  expect(NAMES.filter((name) => executed.get(name) !== 1)).toEqual([]);
});
