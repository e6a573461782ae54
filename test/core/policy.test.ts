import { describe, expect, test } from '@jest/globals';
import { type AllowlistEntry, allowsTool, decide } from '../../core/policy';

const NOW = 1_000;

function entry(overrides: Partial<AllowlistEntry>): AllowlistEntry {
  const row = { server: 'payments', effect: 'allow' as const, tools: ['balance'], source: 'cdk', ...overrides };
  return { agent: 'a', entry: `${row.server}#${row.effect}#${row.source}`, issuer: 'https://i.example', subject: 's', ...row };
}

describe('decide', () => {
  test.each<[string, AllowlistEntry[], boolean]>([
    ['nothing is allowed by default', [], false],
    ['a grant allows its tool', [entry({})], true],
    ['a grant of all tools allows it', [entry({ tools: ['*'] })], true],
    ['a grant of another tool does not', [entry({ tools: ['transfer'] })], false],
    ['a grant on another server does not', [entry({ server: 'memory' })], false],
    ['a deny of the tool wins', [entry({ tools: ['*'] }), entry({ effect: 'deny' })], false],
    ['a deny of every tool wins', [entry({}), entry({ effect: 'deny', tools: ['*'] })], false],
    ['a deny on every server wins', [entry({}), entry({ effect: 'deny', tools: ['*'], server: '*' })], false],
    ['an allow on every server is none', [entry({ server: 'memory', tools: ['*'] })], false],
    ['an expired grant does not count', [entry({ expiresAt: NOW })], false],
    ['a grant counts until it expires', [entry({ expiresAt: NOW + 1 })], true],
    ['an expired deny does not count', [entry({}), entry({ effect: 'deny', tools: ['*'], expiresAt: NOW })], true],
    ['two grants add up', [entry({ tools: ['transfer'] }), entry({ source: 'console' })], true],
  ])('%s', (_, entries, allowed) => {
    expect(allowsTool(decide(entries, 'payments', NOW), 'balance')).toBe(allowed);
  });

  test('says when it stops being true by itself', () => {
    expect(decide([entry({ expiresAt: NOW + 60 }), entry({ source: 'x', expiresAt: NOW + 30 })], 'payments', NOW).expiresAt).toBe(NOW + 30);
  });
});
