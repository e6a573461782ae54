import { limitOf, refusalOf, type Wanted } from './granted';
import { type AllowlistEntry, type CallLimit, decide } from './policy';

/** What one row says of what is wanted. */
export type Voice = 'allows' | 'denies' | 'nothing' | 'ended';

/** Why something is allowed or not, by the rows that have a say in it. */
export interface Explanation {
  readonly allowed: boolean;
  readonly reason: string;
  /** Every row of the agent that is about the server, in the order of their keys. */
  readonly rows: readonly { readonly entry: AllowlistEntry; readonly says: Voice }[];
  /** How many such calls there may be, where they are counted. */
  readonly limit?: CallLimit;
}

/**
 * Explains the decision that a gateway makes, by the same functions.
 * @param entries the agent's rows of the allowlist, of any server
 * @param now seconds since the epoch
 */
export function explain(entries: readonly AllowlistEntry[], server: string, wanted: Wanted, now: number): Explanation {
  const decision = decide(entries, server, now);
  const refusal = decision.effect === 'deny' ? decision.reason : refusalOf(decision, server, wanted);
  const about = entries.filter((entry) => entry.server === server || entry.server === '*');
  const rows = about
    .map((entry) => ({ entry, says: voiceOf(entry, server, wanted, now) }))
    .sort((one, other) => (one.entry.entry < other.entry.entry ? -1 : 1));
  const limit = refusal === undefined && wanted.kind === 'tool' ? limitOf(decision, wanted.name, wanted.argumentsText ?? '{}') : undefined;
  return { allowed: refusal === undefined, reason: refusal ?? decision.reason, rows, ...(limit !== undefined && { limit }) };
}

/** A row by itself: what a deny keeps from is what a grant of the same would open. */
function voiceOf(entry: AllowlistEntry, server: string, wanted: Wanted, now: number): Voice {
  if (entry.expiresAt !== undefined && entry.expiresAt <= now) return 'ended';
  const alone = decide([{ ...entry, effect: 'allow' }], server, now);
  const { rules: _, ...unbounded } = alone;
  const covers = refusalOf(entry.effect === 'deny' ? unbounded : alone, server, wanted) === undefined;
  if (entry.effect === 'deny') return covers || entry.tools.includes('*') ? 'denies' : 'nothing';
  return covers ? 'allows' : 'nothing';
}
