import type { CheckedAccount } from '../local/checked-account';
import { affinity } from './1-affinity';
import { sessionScaling } from './2-session-scaling';
import { fanOut } from './3-fan-out';
import { allowlist } from './4-allowlist';
import { secrets } from './5-secrets';
import { audit } from './6-audit';
import { ambiguity } from './7-ambiguity';
import { doubleExecution } from './8-double-execution';
import { type Check, type CheckResult, runCheck } from './check';
import { readFleet } from './fleet';

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

export interface CheckOptions {
  /** Whether an instance of a server may be killed: sessions on it are lost. */
  readonly mayKill: boolean;
  /** Ends the run early: what is open is closed, and no further check begins. */
  readonly signal?: AbortSignal;
  readonly onResult?: (result: CheckResult) => void;
  /** Told what a check is doing now. */
  readonly onProgress?: (check: Pick<Check, 'id' | 'name'>, what: string) => void;
}

/**
 * Runs the eight checks against a running account with the official clients, one after another.
 * @returns the results so far where it was ended early
 */
export async function runChecks(account: CheckedAccount, options: CheckOptions): Promise<readonly CheckResult[]> {
  const { mayKill, signal = new AbortController().signal, onResult, onProgress } = options;
  const results: CheckResult[] = [];
  let current = CHECKS[0] as Check;
  const fleet = await readFleet(account, { mayKill, signal, say: (what) => onProgress?.(current, what) });
  for (const check of CHECKS) {
    current = check;
    const result = await runCheck(check, fleet);
    if (signal.aborted) break;
    onResult?.(result);
    results.push(result);
  }
  return results;
}
