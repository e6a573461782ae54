import { describe, expect, jest, test } from '@jest/globals';
import { CONDITIONS } from '../../../ledger/protocol';
import { type Bounds, explore } from './explore';
import { KEYLESS, PROTOCOL, type Protocol, withoutFence } from './protocol';

/** Two requests with one key, the usual place to look for a broken rule. */
const TWO: Bounds = { digests: ['x', 'x'], faults: 1 };

jest.setTimeout(30_000); // a busy machine is no violation

test('no history of two requests with one key executes twice, reports what is not so, or leads nowhere', () => {
  const { states, steps, violation } = explore({ ...TWO, person: true }, PROTOCOL);
  process.stdout.write(`  ledger model: ${states} states, ${steps} steps; larger ones in test:long\n`);
  expect(violation).toBeUndefined();
  expect(states).toBeGreaterThan(10_000);
});

describe('a rule that is broken is found out', () => {
  const never = () => ({ states: [] });
  test.each<[string, Partial<Protocol>, Bounds, string]>([
    ['no fence in the write of `sent`', withoutFence('sent'), TWO, 'one key was executed twice'],
    ['no fence in the write of `not_executed`', withoutFence('not_executed'), TWO, 'a row is not_executed and something was executed'],
    [
      'no fence in the write of an owner who was not answered',
      withoutFence('retract'),
      TWO,
      'a row is not_executed and something was executed',
    ],
    [
      'one fence for every attempt at a key',
      { freshFences: false },
      { digests: ['x', 'x'], faults: 2 },
      'a row is not_executed and something was executed',
    ],
    [
      'a lease that ends makes a sent call free',
      { endUnsent: ({ fence }) => ({ states: ['claimed', 'sent'], fence }) },
      TWO,
      'a row is not_executed and something was executed',
    ],
    [
      'an unknown outcome makes a key free',
      { givesWay: ['not_executed', 'unknown'], reclaim: ({ fence }) => ({ states: ['not_executed', 'unknown'], fence }) },
      TWO,
      'a row says that nothing was sent and something was executed',
    ],
    [
      "another's claim may be ended after it was sent",
      { endUnsent: (row) => CONDITIONS.advance(row, 'not_executed') },
      { digests: ['x', 'x', 'x'], faults: 0 },
      'a row is not_executed and something was executed',
    ],
    [
      'the claim of a call without a key comes back after it was ended',
      { ...KEYLESS, begin: () => ({ orAbsent: true, states: ['not_executed'] }) },
      TWO,
      'a call was executed that somebody knew not to be',
    ],
    [
      'a call behind the fence whose row is not there is taken for nothing',
      { ...KEYLESS, endsMissing: false },
      { digests: ['x', 'x'], faults: 0 },
      'a call was executed that somebody knew not to be',
    ],
    ['a lost connection counts as a refusal', { lossIsRefusal: true }, TWO, 'a row is not_executed and something was executed'],
    [
      'the arguments are compared with the first row only',
      { comparesEveryRow: false },
      { digests: ['x', 'x', 'y'], faults: 0 },
      'an agent was given the outcome of other arguments',
    ],
    [
      'a read that finds nothing counts while the call may still arrive, or run',
      { hastyRead: true },
      TWO,
      'a row is not_executed and something was executed',
    ],
    [
      'no fence in the write of what a read has shown',
      withoutFence('notLanded'),
      { ...TWO, person: true },
      'a row is not_executed and something was executed',
    ],
    [
      'a person speaks while the owner may still send',
      { hastyPerson: true },
      { ...TWO, person: true },
      'a row is not_executed and something was executed',
    ],
    [
      'a question of the server frees the key without asking whose it was',
      { goOn: () => ({ states: ['input_required', 'sent'] }) },
      { digests: ['x', 'x', 'x'], faults: 0 },
      'a row says that nothing was sent and something was executed',
    ],
    ['nobody may touch an abandoned claim', { endUnsent: never }, TWO, 'nobody who asks again comes to an outcome'],
  ])('%s', (_, broken, bounds, what) => {
    const { violation } = explore(bounds, { ...PROTOCOL, ...broken });
    expect(violation?.what).toBe(what);
  });

  test('and told as the shortest history that leads there', () => {
    const { violation } = explore(TWO, { ...PROTOCOL, lossIsRefusal: true });
    expect(violation?.history).toEqual([
      'gateway 0: claim',
      'gateway 0 sends the request',
      'gateway 0 loses its connection',
      'gateway 0: not_executed of call 0',
      'call 0 arrives',
      'call 0 is executed',
    ]);
  });
});
