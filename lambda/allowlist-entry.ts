import { inspect } from 'node:util';
import type { AllowlistEntry } from '../core/policy';

type Rule = readonly [member: keyof AllowlistEntry, must: string, holds: (value: unknown) => boolean];

/** What the policy decides by. */
const RULES: readonly Rule[] = [
  ['server', 'be a text', isText],
  ['effect', 'be "allow" or "deny"', (value) => value === 'allow' || value === 'deny'],
  ['tools', 'be a list of texts', (value) => Array.isArray(value) && value.every(isText)],
  ['source', 'be a text', isText],
  ['expiresAt', 'be absent or seconds since the epoch', (value) => value === undefined || Number.isFinite(value)],
];

/**
 * Takes a row of the allowlist at its word only where it can be understood: a deny that cannot must not count as none.
 * @throws TypeError that names the row and what is wrong with it
 */
export function readEntry(row: AllowlistEntry): AllowlistEntry {
  const broken = RULES.find(([member, , holds]) => !holds(row[member]));
  if (broken === undefined) return row;
  const [member, must] = broken;
  const got = inspect(row[member]).slice(0, 120);
  throw new TypeError(`The row ${inspect(row.entry)} of the allowlist cannot be read: ${member} must ${must}; got ${got}`);
}

function isText(value: unknown): boolean {
  return typeof value === 'string';
}
