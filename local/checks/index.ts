import type { LocalAccount } from '../local-account';
import { affinity } from './1-affinity';
import { sessionScaling } from './2-session-scaling';
import { fanOut } from './3-fan-out';
import { allowlist } from './4-allowlist';
import { secrets } from './5-secrets';
import { audit } from './6-audit';
import { ambiguity } from './7-ambiguity';
import { doubleExecution } from './8-double-execution';
import { type Check, type CheckResult, runCheck } from './check';

export type { CheckResult, CheckStatus } from './check';

/** In the order they run: the seventh kills an instance, and the eighth retries what was lost with it. */
export const CHECKS: readonly Check[] = [
  { id: 1, name: 'session affinity', run: affinity },
  { id: 2, name: 'scaling on sessions', run: sessionScaling },
  { id: 3, name: 'fan-out', run: fanOut },
  { id: 4, name: 'identity-bound allowlist', run: allowlist },
  { id: 5, name: 'no leaked secrets', run: secrets },
  { id: 6, name: 'audit', run: audit },
  { id: 7, name: 'ambiguity', run: ambiguity },
  { id: 8, name: 'no double execution', run: doubleExecution },
];

/** Runs the eight checks against a running account with the official clients, one after another. */
export async function runChecks(account: LocalAccount, onResult: (result: CheckResult) => void): Promise<readonly CheckResult[]> {
  const results: CheckResult[] = [];
  for (const check of CHECKS) {
    const result = await runCheck(check, account);
    onResult(result);
    results.push(result);
  }
  return results;
}
