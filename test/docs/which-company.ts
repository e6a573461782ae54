import { isSuite } from './ci-suites';
import { type CompanyName, isCompany } from './companies';
import type { Documented } from './documented';

/** Whose names a command uses, or what it needs; the first that fits. */
const BY_COMMAND: readonly (readonly [RegExp, CompanyName])[] = [
  [/secret rotate|--role Operator/, 'acme'],
  [/--stand-in|mcp-fleet secret/, 'shop'],
  // Synthesized, so that there is an assembly to compare with, or to plan.
  [/mcp-fleet local|mcp-fleet diff .*--against|mcp-fleet plan .*--assembly/, 'second'],
  [/@notes/, 'notes'],
  [/treasury|support|payments|research|report-17|--from-ledger|cdk synth/, 'acme'],
  // Calls that nobody can tell of are left where an instance was lost in the midst of one.
  [/ledger (show|unknown|resolve)|--kill|^kill/, 'acme'],
];

/** Where a command is typed; in the reader's own company, where neither it nor its page says more. @throws Error for a remark that names no company */
export function companyOf(documented: Documented): CompanyName {
  const { command, remark } = documented;
  if (isSuite(documented)) return documented.page === 'bin/template/README.md' ? 'notes' : 'acme';
  if (remark.company !== undefined) return named(remark.company);
  return BY_COMMAND.find(([pattern]) => pattern.test(command))?.[1] ?? 'notes';
}

function named(company: string): CompanyName {
  if (!isCompany(company)) throw new Error(`"docs-test: in ${company}" names no company of test/docs/companies.ts`);
  return company;
}
