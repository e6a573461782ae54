import { type CheckOptions, runChecks } from '../checks';
import type { CheckedAccount } from '../local/checked-account';
import type { CheckedFleet, Reporter } from './local-report';

/** Runs the checks on one fleet after another, and tells of each. */
export async function checkAll(
  fleets: readonly CheckedAccount[],
  options: Pick<CheckOptions, 'mayKill' | 'signal'>,
  report: Reporter,
): Promise<readonly CheckedFleet[]> {
  const checked: CheckedFleet[] = [];
  for (const account of fleets) {
    const checks = await runChecks(account, { ...options, onResult: report.check, onProgress: report.checking });
    if (options.signal?.aborted) break;
    report.checks(account.fleet, checks);
    checked.push({ fleet: account.fleet, checks });
  }
  return checked;
}

export function hasFailed({ checks }: CheckedFleet): boolean {
  return checks.some(({ status }) => status === 'fail');
}
