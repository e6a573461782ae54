import { describe, expect, test } from '@jest/globals';
import { limitOf, refusalOf } from '../../core/granted';
import { type AllowlistEntry, decide, type ToolRule } from '../../core/policy';
import { Dice } from './dice';

const NOW = 1_000;
const PAY: ToolRule = { tool: 'pay', when: { amount: { atMost: '10' } } };

function entry(overrides: Partial<AllowlistEntry>): AllowlistEntry {
  return { agent: 'a', entry: '', server: 'bank', effect: 'allow', tools: [], source: 'cdk', issuer: 'i', subject: 's', ...overrides };
}

const call = (entries: AllowlistEntry[], argumentsText?: string) =>
  refusalOf(decide(entries, 'bank', NOW), 'bank', { kind: 'tool', name: 'pay', ...(argumentsText !== undefined && { argumentsText }) });

describe('a tool that is granted within bounds', () => {
  test.each<[string, AllowlistEntry[], string | undefined, boolean]>([
    ['may be called within them', [entry({ rules: [PAY] })], '{"amount":10}', true],
    ['may not be called beyond', [entry({ rules: [PAY] })], '{"amount":10.01}', false],
    ['is listed', [entry({ rules: [PAY] })], undefined, true],
    ['may be called as another grant says', [entry({ rules: [PAY] }), entry({ tools: ['pay'] })], '{"amount":11}', true],
    [
      'may be called as one of two rules says',
      [entry({ rules: [PAY, { tool: 'pay', when: { to: { oneOf: ['"me"'] } } }] })],
      '{"to":"me"}',
      true,
    ],
    ['is no other tool', [entry({ rules: [{ ...PAY, tool: 'refund' }] })], '{"amount":1}', false],
    ['may not be called where it is denied', [entry({ rules: [PAY] }), entry({ effect: 'deny', tools: ['pay'] })], '{"amount":1}', false],
    ['bounds of a deny are none of its', [entry({ tools: ['pay'] }), entry({ effect: 'deny', rules: [PAY] })], '{"amount":1}', true],
  ])('%s', (_, entries, argumentsText, allowed) => {
    expect(call(entries, argumentsText) === undefined).toBe(allowed);
  });

  test('is refused with what its arguments must be, and without what they are', () => {
    expect(call([entry({ rules: [PAY] })], '{"amount":4711}')).toBe(
      'no grant lets this agent call "pay" of "bank" with these arguments: "amount" must be at most 10',
    );
  });

  test('is counted where every grant that covers the call has a limit, and by no other', () => {
    const perHour: ToolRule = { tool: 'pay', atMost: { calls: 3, per: 'hour' } };
    const limit = (entries: AllowlistEntry[], argumentsText: string) => limitOf(decide(entries, 'bank', NOW), 'pay', argumentsText);
    expect(limit([entry({ rules: [perHour] })], '{}')).toEqual({ calls: 3, per: 'hour' });
    expect(limit([entry({ rules: [perHour, PAY] })], '{"amount":1}')).toBeUndefined();
    expect(limit([entry({ rules: [perHour, PAY] })], '{"amount":11}')).toEqual({ calls: 3, per: 'hour' });
    expect(limit([entry({ rules: [perHour] }), entry({ tools: ['*'] })], '{}')).toBeUndefined();
  });
});

/** The same question, asked of the rows one by one. */
function slowly(rows: readonly AllowlistEntry[], server: string, tool: string, amount: number): boolean {
  const counts = rows.filter((row) => [server, '*'].includes(row.server) && !(row.expiresAt !== undefined && row.expiresAt <= NOW));
  const names = (row: AllowlistEntry) => row.tools.includes('*') || row.tools.includes(tool);
  if (counts.some((row) => row.effect === 'deny' && names(row))) return false;
  return counts.some((row) => row.effect === 'allow' && (names(row) || (row.rules ?? []).some((rule) => covered(rule, tool, amount))));
}

function covered({ tool, when = {} }: ToolRule, asked: string, amount: number): boolean {
  const { atMost, atLeast } = when.amount ?? {};
  return tool === asked && !(atMost !== undefined && amount > Number(atMost)) && !(atLeast !== undefined && amount < Number(atLeast));
}

test('whatever stands in the table, the decision is what its rows say one by one', () => {
  const dice = new Dice(20261127);
  const TOOLS = ['pay', 'refund', 'balance'];
  const some = <T>(most: number, make: () => T): T[] => Array.from({ length: dice.integer(0, most) }, make);
  const rule = (): ToolRule => ({
    tool: dice.pick(TOOLS),
    ...(dice.chance(0.8) && {
      when: { amount: dice.chance(0.5) ? { atMost: String(dice.integer(0, 9)) } : { atLeast: String(dice.integer(0, 9)) } },
    }),
  });
  const row = (): AllowlistEntry =>
    entry({
      server: dice.pick(['bank', 'bank', 'notes', '*']),
      effect: dice.chance(0.3) ? 'deny' : 'allow',
      tools: dice.chance(0.15) ? ['*'] : some(2, () => dice.pick(TOOLS)),
      ...(dice.chance(0.5) && { rules: some(2, rule) }),
      ...(dice.chance(0.3) && { expiresAt: NOW + dice.integer(-2, 2) }),
    });
  const wrong: unknown[] = [];
  for (let n = 0; n < 20_000; n++) {
    const rows = some(5, row);
    const [server, name, amount] = [dice.pick(['bank', 'notes']), dice.pick(TOOLS), dice.integer(0, 9)];
    const decision = decide(rows, server, NOW);
    const refusal = refusalOf(decision, server, { kind: 'tool', name, argumentsText: JSON.stringify({ amount }) });
    if ((refusal === undefined) !== slowly(rows, server, name, amount)) wrong.push({ rows, server, name, amount, refusal });
  }
  expect(wrong.slice(0, 1)).toEqual([]);
});
