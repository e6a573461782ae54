import { expect, test } from '@jest/globals';
import { denialsByHand, driftOf, isInCode } from '../../checks/allowlist-drift';
import type { Grant } from '../../checks/grants';
import { agentId } from '../../core/agent';
import type { AllowlistEntry } from '../../core/policy';

const PRINCIPAL = { issuer: 'https://login.example', subject: 'agent-support' };
const SUPPORT = { name: 'support', id: agentId(PRINCIPAL), ...PRINCIPAL };

function row(effect: 'allow' | 'deny', tools: string[], more: Partial<AllowlistEntry> = {}): AllowlistEntry {
  const source = more.source ?? 'cdk';
  return { agent: SUPPORT.id, entry: `payments#${effect}#${source}`, server: 'payments', effect, tools, source, ...PRINCIPAL, ...more };
}

function code(effect: 'allow' | 'deny', tools: string[], more: Partial<Grant> = {}): Grant {
  return { agent: 'support', server: 'payments', effect, tools, rules: [], resources: [], prompts: [], ...more };
}

const drift = (allowlist: AllowlistEntry[], ...grants: Grant[]) => driftOf({ agents: [SUPPORT], allowlist, grants });

test('a table that says what code says has no drift', () => {
  const rules = [{ tool: 'pay', atMost: { calls: 1, per: 'hour' } }] as const;
  expect(
    drift([row('allow', ['read'], { rules }), row('deny', ['close'])], code('allow', ['read'], { rules }), code('deny', ['close'])),
  ).toEqual([]);
});

test('a denial in the name of construct code that is not in it, or covers more, or lasts longer', () => {
  const missing =
    'The allowlist keeps support on payments from close, which is not denied in construct code (row payments#deny#cdk); remove the row, or deny it by denyCall';
  expect(drift([row('deny', ['close'])])).toEqual([missing]);
  expect(drift([row('deny', ['close', 'read'])], code('deny', ['read']))).toEqual([missing]);
  expect(drift([row('deny', ['read'])], code('deny', ['read'], { expiresAt: 4e9 }))).toEqual([
    expect.stringMatching(/from longer than construct code/),
  ]);
  expect(drift([row('deny', ['close'], { expiresAt: 1 })])).toEqual([]);
});

test('a denial of construct code that the table does not have', () => {
  expect(drift([], code('deny', ['close']))).toEqual([expect.stringMatching(/^Construct code denies support close of payments/)]);
});

test("an operator's denial is no drift, and is told with who and why", () => {
  const revoked = row('deny', ['*'], { source: 'operator', server: '*', by: 'eve', reason: 'a leak', expiresAt: 4e9 });
  expect(drift([revoked])).toEqual([]);
  expect(denialsByHand({ agents: [SUPPORT], allowlist: [revoked, row('deny', ['close'])] })).toEqual([
    {
      ...{ agent: 'support', server: '*', denies: ['*'], row: 'payments#deny#operator', by: 'eve', reason: 'a leak' },
      until: new Date(4e12).toISOString(),
    },
  ]);
});

test('a row is in code where all that it says is', () => {
  expect(isInCode(row('allow', ['read']), 'support', [code('allow', ['read', 'pay'])])).toBe(true);
  expect(isInCode(row('allow', ['read', 'close']), 'support', [code('allow', ['read'])])).toBe(false);
  expect(isInCode(row('allow', ['read']), 'support', [code('deny', ['read'])])).toBe(false);
  expect(isInCode(row('allow', ['read'], { source: 'hand' }), 'support', [code('allow', ['read'])])).toBe(false);
});
