import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { agentId } from '../../core/agent';
import { type AllowlistEntry, decide } from '../../core/policy';
import { Dice } from '../core/dice';
import { entry, ISSUER } from './allowlist-table';
import { bundleFunction, type Invoked, type StartedFunction, startFunction } from './runtime-api';
import { type Fault, FINAL, type Page, type ScriptedTable, startScriptedTable, TRANSIENT } from './scripted-table';

let table: ScriptedTable;
let authorizer: StartedFunction;
let agents = 0;

beforeAll(async () => {
  table = await startScriptedTable();
  const environment = { ALLOWLIST_TABLE: 'allowlist', DIRECTORY_TABLE: 'directory', AWS_ENDPOINT_URL_DYNAMODB: table.url };
  authorizer = await startFunction(bundleFunction('authorizer'), environment);
}, 30_000);

afterAll(async () => {
  await authorizer.stop();
  await table.close();
});

/** Attempts for one page (`FUNCTION_TABLE_LIMITS`). */
const ATTEMPTS = 3;

test('answers by all rows or not at all, whatever the table does between its pages', async () => {
  const dice = new Dice(3);
  const seen = { whole: 0, repeated: 0, failed: 0 };
  for (let round = 0; round < 80; round++) {
    const subject = newAgent();
    const pages = Array.from({ length: dice.integer(1, 5) }, (): Page => ({ rows: rowsOf(dice, subject), faults: faultsOf(dice) }));
    const answered = await ask(subject, pages);
    const expected = decide(
      pages.flatMap(({ rows }) => rows),
      'payments',
      Date.now() / 1000,
    );
    const faults = pages.flatMap(({ faults }) => faults);
    if (pages.some(({ faults }) => faults.length >= ATTEMPTS || faults.some(isFinal))) {
      expect({ pages, answered }).toEqual({ pages, answered: { error: expect.anything() } });
      seen.failed++;
    } else {
      expect({ pages, answered }).toEqual({ pages, answered: { result: expected } });
      seen[faults.length === 0 ? 'whole' : 'repeated']++;
    }
  }
  expect(Math.min(...Object.values(seen))).toBeGreaterThan(10);
}, 60_000);

describe('tells by name', () => {
  test.each<[string, Fault[], string]>([
    ['throttling', ['throttled', 'throttled', 'throttled'], 'ThrottlingException'],
    ['a fault of the service', ['fault', 'fault', 'fault'], 'InternalServerError'],
    ['a refusal', ['denied'], 'AccessDeniedException'],
    ['a connection that breaks', ['reset', 'cut', 'reset'], 'TimeoutError'],
    ['an answer that is none', ['no JSON'], 'UnclearAnswerError'],
    ['an answer without end', ['too much'], 'AnswerTooLargeError'],
  ])('%s', async (_, faults, errorType) => {
    const subject = newAgent();
    const rows = [entry(subject, 'payments', 'allow', ['*'])];
    expect((await ask(subject, [{ rows, faults }])).error).toMatchObject({ errorType });
    // The function is none the worse for it.
    expect((await ask(subject, [{ rows, faults: [] }])).result).toMatchObject({ effect: 'allow' });
  });

  test('pages that do not end', async () => {
    const subject = newAgent();
    const { error } = await ask(
      subject,
      Array.from({ length: 40 }, () => ({ rows: [], faults: [] })),
    );
    expect(error).toMatchObject({ errorType: 'RangeError', errorMessage: expect.stringContaining('more than 32 pages') });
  });

  test.each<[string, object, string]>([
    ['effect', { effect: 'Deny' }, 'effect must be "allow" or "deny"; got \'Deny\''],
    ['tools', { tools: new Set(['refund']) }, "tools must be a list of texts; got Set(1) { 'refund' }"],
    ['server', { server: undefined }, 'server must be a text; got undefined'],
    ['terms', { terms: { weight: 0 } }, "terms must be absent or an agent's weight and budget; got { weight: 0 }"],
    ['expiry', { expiresAt: '2027-01-01' }, "expiresAt must be absent or seconds since the epoch; got '2027-01-01'"],
  ])('a deny whose %s cannot be read', async (_, wrong, message) => {
    const subject = newAgent();
    const rows = [entry(subject, 'payments', 'allow', ['*']), { ...entry(subject, 'payments', 'deny', ['*']), ...wrong }];
    const { error } = await ask(subject, [{ rows, faults: [] }]);
    expect(error?.errorMessage).toBe(`The row 'payments#deny#cdk' of the allowlist cannot be read: ${message}`);
  });
});

test('asks again where no answer comes', async () => {
  const subject = newAgent();
  const rows = [entry(subject, 'payments', 'allow', ['*'])];
  expect((await ask(subject, [{ rows, faults: ['silent'] }])).result).toMatchObject({ effect: 'allow' });
}, 15_000);

function newAgent(): string {
  return `agent-${++agents}`;
}

function ask(subject: string, pages: readonly Page[]): Promise<Invoked> {
  const agent = { issuer: ISSUER, subject };
  table.pages.set(agentId(agent), pages);
  return authorizer.invoke({ kind: 'mcp-fleet.authorize', agent, server: 'payments' });
}

function rowsOf(dice: Dice, subject: string): AllowlistEntry[] {
  return Array.from({ length: dice.integer(0, 3) }, (_, index) => {
    const [server, tools] = [dice.pick(['payments', 'payments', 'memory']), dice.pick([['refund'], ['balance', 'refund'], ['*']])];
    const source = `${dice.integer(0, 1e6)}-${index}`;
    return dice.chance(0.8)
      ? entry(subject, server, 'allow', tools, { source })
      : entry(subject, dice.pick([server, '*']), 'deny', tools, { source });
  });
}

/** Mostly none; throttling seldom, because the waits after it are long. */
function faultsOf(dice: Dice): Fault[] {
  if (dice.chance(0.75)) return [];
  const transient = dice.chance(0.05) ? TRANSIENT : TRANSIENT.filter((fault) => fault !== 'throttled');
  return Array.from({ length: dice.pick([1, 1, 1, 2, 2, 3]) }, () => (dice.chance(0.15) ? dice.pick(FINAL) : dice.pick(transient)));
}

function isFinal(fault: Fault): boolean {
  return FINAL.some((final) => final === fault);
}
