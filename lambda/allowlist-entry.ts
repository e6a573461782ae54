import { inspect } from 'node:util';
import { areTerms } from '../core/agent-terms';
import { requireKnown } from '../core/formats';
import type { AllowlistEntry } from '../core/policy';
import { areToolRules } from '../core/tool-rule';

type Rule = readonly [member: keyof AllowlistEntry, must: string, holds: (value: unknown) => boolean];

/** What the policy decides by. */
const RULES: readonly Rule[] = [
  ['server', 'be a text', isText],
  ['effect', 'be "allow" or "deny"', (value) => value === 'allow' || value === 'deny'],
  ['tools', 'be a list of texts', isTexts],
  ['rules', 'be absent or bounds of tools that this version knows', (value) => value === undefined || areToolRules(value)],
  ['resources', 'be absent or a list of texts', (value) => value === undefined || isTexts(value)],
  ['prompts', 'be absent or a list of texts', (value) => value === undefined || isTexts(value)],
  ['source', 'be a text', isText],
  ['expiresAt', 'be absent or seconds since the epoch', (value) => value === undefined || Number.isFinite(value)],
  ['terms', "be absent or an agent's weight and budget", (value) => value === undefined || areTerms(value)],
];

/**
 * Takes a row of the allowlist at its word only where it can be understood: a deny that cannot must not count as none.
 * @throws TypeError that names the row and what is wrong with it; UnknownFormatError for one that a later version has written in a way of its own
 */
export function readEntry(row: AllowlistEntry): AllowlistEntry {
  requireKnown('allowlistEntry', row);
  const broken = RULES.find(([member, , holds]) => !holds(row[member]));
  if (broken === undefined) return row;
  const [member, must] = broken;
  const got = inspect(row[member]).slice(0, 120);
  throw new TypeError(`The row ${inspect(row.entry)} of the allowlist cannot be read: ${member} must ${must}; got ${got}`);
}

function isTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every(isText);
}

function isText(value: unknown): boolean {
  return typeof value === 'string';
}
