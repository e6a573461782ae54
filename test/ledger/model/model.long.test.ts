import { expect, jest, test } from '@jest/globals';
import { type Bounds, explore } from './explore';
import { KEYLESS, PROTOCOL, type Protocol } from './protocol';

jest.setTimeout(120_000); // a busy machine is no violation

test.each<[string, Bounds, Protocol]>([
  ['two requests with one key, any two writes lost, repeated or late', { digests: ['x', 'x'], faults: 2 }, PROTOCOL],
  ['the same, any one write, and a person who settles what is unknown', { digests: ['x', 'x'], faults: 1, person: true }, PROTOCOL],
  ['the same, and a janitor', { digests: ['x', 'x'], faults: 1, person: true, janitor: true }, PROTOCOL],
  [
    'a call without a key, two that are taken for its retry, and a janitor',
    { digests: ['x', 'x', 'x'], faults: 0, person: true, janitor: true },
    KEYLESS,
  ],
  ['three requests with one key', { digests: ['x', 'x', 'x'], faults: 0 }, PROTOCOL],
  ['three requests with one key, one of them another call, and a person', { digests: ['x', 'x', 'y'], faults: 0, person: true }, PROTOCOL],
  ['a call without a key and two that are taken for its retry', { digests: ['x', 'x', 'x'], faults: 1, person: true }, KEYLESS],
])('%s: no history executes twice, reports what is not so, or leads nowhere', (name, bounds, protocol) => {
  const { states, steps, violation } = explore(bounds, protocol);
  process.stdout.write(`  ledger model: ${states} states, ${steps} steps: ${name}\n`);
  expect(violation).toBeUndefined();
  expect(states).toBeGreaterThan(10_000);
});
