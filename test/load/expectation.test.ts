import { describe, expect, test } from '@jest/globals';
import type { SessionReply } from './client/agent-session';
import { Expectation } from './client/expectation';
import type { Counted } from './counter';
import { mayHaveBeenOn, wasInFlight } from './journal';

const UNKNOWN: SessionReply = { kind: 'error', code: 504, message: 'lost', data: { error: 'OUTCOME_UNKNOWN' } };

/** An answer to `ann`, who is on instance `a` and has counted to 3. */
function answer(counted: Partial<Counted>, sessionRestored = false): SessionReply {
  const text = JSON.stringify({ client: 'ann', instance: 'a', count: 4, nonce: 'n', answers: 'json', ...counted });
  return { kind: 'result', isError: false, text, stamp: { callId: 'c', outcome: 'confirmed', replayed: false, sessionRestored } };
}

function counted3(): Expectation {
  const expectation = new Expectation('ann');
  for (const count of [1, 2, 3]) expectation.judge(answer({ count }), 'increment', 'n');
  return expectation;
}

describe('an answer to the fourth increment', () => {
  test.each([
    ['ok', answer({})],
    ['misrouted', answer({ client: 'bob' })],
    ['misrouted', answer({ nonce: 'another call' })],
    ['misrouted', answer({ instance: 'b' })],
    ['misrouted', { kind: 'foreign', message: 'id 7 for 8' }],
    ['miscounted', answer({ count: 5 })],
    ['miscounted', answer({ count: 3 })],
    ['restarted silently', answer({ instance: 'b', count: 1 })],
    ['restarted silently', answer({ count: 1 })],
    ['restored', answer({ instance: 'b', count: 1 }, true)],
    ['told again', answer({}, true)],
    ['unknown session', { kind: 'http', status: 404, message: 'Session not found' }],
    ['unknown', UNKNOWN],
    ['failed', { kind: 'broken', message: 'ECONNRESET' }],
    ['failed', { kind: 'error', code: 502, message: 'not sent', data: { error: 'NOT_DELIVERED' } }],
  ] as const)('is %s', (outcome, reply) => {
    expect(counted3().judge(reply, 'increment', 'n').outcome).toBe(outcome);
  });
});

test.each([
  [3, 'ok'],
  [4, 'ok'],
  [5, 'miscounted'],
])('after an unknown increment a count of %s is %s', (count, outcome) => {
  const expectation = counted3();
  expectation.judge(UNKNOWN, 'increment', 'n');
  expect(expectation.judge(answer({ count }), 'count', 'n').outcome).toBe(outcome);
});

test.each([
  ['it ended before the kill', { at: 0, ms: 99 }, false],
  ['it ran during the kill', { at: 50, ms: 100 }, true],
  ['it was sent before the load balancer knew', { at: 119, ms: 10 }, true],
  ['it was sent after that', { at: 121, ms: 10 }, false],
  ['it ran elsewhere', { at: 50, ms: 100, instance: 'b' }, false],
])('in flight on the killed instance: %s', (_, times, expected) => {
  const entry = { operation: 'write', outcome: 'unknown', session: 'ann', instance: 'a', ...times } as const;
  expect(wasInFlight(entry, { instance: 'a', killedAt: 100, goneAt: 120 })).toBe(expected);
});

test.each([
  ['another instance', { at: 150, instance: 'b' }, false],
  ['the instance, after the kill', { at: 150, instance: 'a' }, true],
  ['the instance, before the kill', { at: 99, instance: 'a' }, false],
  ['one that its agent has not learnt', { at: 150 }, true],
])('a stream that was cut was on %s', (_, cut, expected) => {
  const entry = { operation: 'stream', outcome: 'cut', session: 'ann', ms: 0, ...cut } as const;
  expect(mayHaveBeenOn({ instance: 'a', killedAt: 100, goneAt: 120 }, entry)).toBe(expected);
});
