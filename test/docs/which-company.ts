import { isSuite } from './ci-suites';
import type { CompanyName } from './companies';
import type { Documented } from './documented';

/** Whose names a command uses, or what it needs; the first that fits. */
const BY_COMMAND: readonly (readonly [RegExp, CompanyName])[] = [
  [/--stand-in|mcp-fleet secret/, 'shop'],
  [/mcp-fleet local/, 'second'],
  [/@notes/, 'notes'],
  [/treasury|support|payments|cdk synth/, 'acme'],
  // Calls that nobody can tell of are left where an instance was lost in the midst of one.
  [/ledger (show|unknown|resolve)|--kill|^kill/, 'acme'],
];

/** Where a command is typed; in the reader's own company, where neither it nor its page says more. */
export function companyOf(documented: Documented): CompanyName {
  const { command, remark } = documented;
  if (isSuite(documented)) return documented.page === 'bin/template/README.md' ? 'notes' : 'acme';
  if (remark.company !== undefined) return remark.company as CompanyName;
  return BY_COMMAND.find(([pattern]) => pattern.test(command))?.[1] ?? 'notes';
}
