import { expect, jest, test } from '@jest/globals';
import { type Bounds, explore } from './explore';
import { KEYLESS, PROTOCOL, type Protocol } from './protocol';

jest.setTimeout(120_000); // a busy machine is no violation

test.each<[string, Bounds, Protocol]>([
  ['three requests with one key', { digests: ['x', 'x', 'x'], faults: 0 }, PROTOCOL],
  ['three requests with one key, one of them another call, and a person', { digests: ['x', 'x', 'y'], faults: 0, person: true }, PROTOCOL],
  ['a call without a key and two that are taken for its retry', { digests: ['x', 'x', 'x'], faults: 1, person: true }, KEYLESS],
])('no history of %s executes twice, reports what is not so, or leads nowhere', (name, bounds, protocol) => {
  const { states, steps, violation } = explore(bounds, protocol);
  process.stdout.write(`  ledger model: ${states} states, ${steps} steps: ${name}\n`);
  expect(violation).toBeUndefined();
  expect(states).toBeGreaterThan(10_000);
});
