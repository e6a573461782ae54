import { describe, expect, test } from '@jest/globals';
import { explain } from '../../core/explanation';
import type { Wanted } from '../../core/granted';
import type { AllowlistEntry } from '../../core/policy';

const NOW = 1_000;
const row = (entry: string, more: Partial<AllowlistEntry>): AllowlistEntry => {
  const [server = '', effect, source = ''] = entry.split('#');
  return { agent: 'a', entry, server, effect: effect === 'deny' ? 'deny' : 'allow', tools: [], source, issuer: 'i', subject: 's', ...more };
};
const PAY: Wanted = { kind: 'tool', name: 'pay', argumentsText: '{"amount":5}' };
const told = (rows: AllowlistEntry[], wanted = PAY) => {
  const { allowed, rows: voices } = explain(rows, 'bank', wanted, NOW);
  return [allowed, Object.fromEntries(voices.map(({ entry, says }) => [entry.entry, says]))];
};

describe('an explanation', () => {
  test('tells what each row says, and that a deny wins', () => {
    expect(
      told([row('bank#allow#cdk', { tools: ['*'] }), row('*#deny#operator', { tools: ['*'] }), row('notes#allow#cdk', { tools: ['*'] })]),
    ).toEqual([false, { 'bank#allow#cdk': 'allows', '*#deny#operator': 'denies' }]);
  });

  test('tells rows that say nothing of it, and those that have ended', () => {
    expect(
      told([
        row('bank#allow#cdk', { tools: ['refund'] }),
        row('bank#allow#desk', { tools: ['pay'], expiresAt: NOW }),
        row('bank#deny#cdk', { tools: ['refund'] }),
      ]),
    ).toEqual([false, { 'bank#allow#cdk': 'nothing', 'bank#allow#desk': 'ended', 'bank#deny#cdk': 'nothing' }]);
  });

  test('tells what bounds say, and how many calls there may be', () => {
    const bounded = row('bank#allow#cdk', {
      rules: [{ tool: 'pay', when: { amount: { atMost: '5' } }, atMost: { calls: 3, per: 'hour' } }],
    });
    expect(explain([bounded], 'bank', PAY, NOW)).toMatchObject({ allowed: true, limit: { calls: 3, per: 'hour' } });
    const beyond = explain([bounded], 'bank', { ...PAY, argumentsText: '{"amount":6}' }, NOW);
    expect(beyond).toMatchObject({ allowed: false, reason: expect.stringContaining('"amount" must be at most 5') });
  });

  test('is about resources and prompts as well', () => {
    const docs = row('bank#allow#cdk', { resources: ['docs://a/*'], prompts: ['greet'] });
    expect(told([docs], { kind: 'resource', name: 'docs://a/b' })).toEqual([true, { 'bank#allow#cdk': 'allows' }]);
    expect(told([docs], { kind: 'resource', name: 'docs://a/../b' })).toEqual([false, { 'bank#allow#cdk': 'nothing' }]);
    expect(told([docs], { kind: 'prompt', name: 'greet' })).toEqual([true, { 'bank#allow#cdk': 'allows' }]);
  });
});
