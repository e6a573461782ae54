/** The ledger's protocol: which write may be done on what stands there. States and conditions are data, so that the table and its model obey the same. */
import type { Outcome } from '../core/outcome';
import type { LedgerRow, LedgerState } from './row';

/** From which states a row may enter a state. A total table: what is not listed cannot happen. */
const ENTERED_FROM: Readonly<Record<LedgerState, readonly LedgerState[]>> = {
  claimed: [],
  sent: ['claimed'],
  // An unknown outcome is settled when evidence turns up; no other outcome is ever left, but by a new claim of the key.
  confirmed: ['sent', 'unknown'],
  failed: ['sent', 'unknown'],
  not_executed: ['claimed', 'sent'],
  input_required: ['sent', 'unknown'],
  unknown: ['sent'],
};

/** The states a row must be in for `next` to be written by who owns the call or has its answer; the write's condition, beside the fence. */
export function statesBefore(next: LedgerState): readonly LedgerState[] {
  return ENTERED_FROM[next];
}

/** What a person may say of a call whose outcome is unknown. */
export type Resolution = Exclude<Outcome, 'unknown' | 'input_required'>;

export const RESOLUTIONS: readonly Resolution[] = ['confirmed', 'failed', 'not_executed'];

/**
 * Whether a person may settle a row now. A person, who can look into the system behind the server, may also say that nothing
 * happened, and then the key is free again. So no owner may be left who could still send; none begins to after its lease has ended.
 * @param now milliseconds since the epoch
 */
export function mayResolve({ state, leaseUntil }: Pick<LedgerRow, 'state' | 'leaseUntil'>, now: number): boolean {
  return state === 'unknown' && now > leaseUntil;
}

/**
 * How long after it was marked as sent a call may still be handed to its server, in milliseconds. Its gateway writes the end of
 * it into the call's context and its sidecar refuses what comes later: who was stopped in between sends nothing any more.
 */
export const DELIVERY_WINDOW_MS = 15_000;

/** Most by which the clocks of two tasks may differ, in milliseconds (Amazon Time Sync keeps them within one). */
const CLOCK_SKEW_MS = 5_000;

/**
 * From when on a read that finds nothing shows that nothing happened: no instance takes the call any more, and what it may have
 * begun has become visible. Milliseconds since the epoch.
 * @param effectMs longest time from the call's arrival at its server until its effect can be read
 */
export function conclusiveFrom({ sentAt, claimedAt }: Pick<LedgerRow, 'sentAt' | 'claimedAt'>, effectMs: number): number {
  return (sentAt ?? claimedAt) + DELIVERY_WINDOW_MS + CLOCK_SKEW_MS + effectMs;
}

/** What must stand in the table for a write to be done. */
export interface WriteCondition {
  /** The states that the row may be in. */
  readonly states: readonly LedgerState[];
  /** The fence that the row must carry; any where absent. */
  readonly fence?: string;
  /** The key must have expired by then, in milliseconds since the epoch. Compared by the write itself: deletion by TTL lags. */
  readonly expiredBy?: number;
  /** It is done as well where there is no row. */
  readonly orAbsent?: true;
}

type Fenced = Pick<LedgerRow, 'fence'>;

/** The condition of every write that the ledger knows; all but the ones that begin a row name the fence of whom they move. */
export const CONDITIONS = {
  /** A row begins where there is none. */
  begin: (): WriteCondition => ({ orAbsent: true, states: [] }),
  /** A key under which nothing happened is free. */
  reclaim: ({ fence }: Fenced): WriteCondition => ({ states: ['not_executed'], fence }),
  /** The next round of a call whose server asked for input, or the same one begun again. */
  goOn: ({ fence }: Fenced): WriteCondition => ({ states: ['input_required'], fence }),
  /** A key whose lifetime has ended names a new intent; an open or unknown call never gives way. */
  reclaimExpired: ({ fence }: Fenced, now: number): WriteCondition => ({
    states: ['confirmed', 'failed', 'input_required'],
    fence,
    expiredBy: now,
  }),
  /** Whoever ends another's claim must find it unsent at the very moment of the write, not only when it was read. */
  endUnsent: ({ fence }: Fenced): WriteCondition => ({ states: ['claimed'], fence }),
  /**
   * An owner whose mark as sent was not answered has sent nothing, whatever others make of it: so he alone may say so of a call that
   * they have given up.
   */
  retract: ({ fence }: Fenced): WriteCondition => ({ states: ['claimed', 'sent', 'unknown'], fence }),
  advance: ({ fence }: Fenced, next: LedgerState): WriteCondition => ({ states: statesBefore(next), fence }),
  /** A call that is sent goes on as a task; it is still sent. */
  keepOpen: ({ fence }: Fenced): WriteCondition => ({ states: ['sent'], fence }),
  /** A read behind the server has shown, from {@link conclusiveFrom} on, that nothing happened. */
  notLanded: ({ fence }: Fenced): WriteCondition => ({ states: ['unknown'], fence }),
  /** A person's word. */
  resolve: ({ fence }: Fenced): WriteCondition => ({ states: ['unknown'], fence }),
} as const;

/** The part of a row that conditions look at. */
export type Standing = Pick<LedgerRow, 'state' | 'fence' | 'keyExpiresAt'>;

/** Whether a write may be done on what stands there; the table decides the same by its condition expression. */
export function permits({ states, fence, expiredBy, orAbsent }: WriteCondition, standing: Standing | undefined): boolean {
  if (standing === undefined) return orAbsent === true;
  const expired = expiredBy === undefined || (standing.keyExpiresAt !== undefined && standing.keyExpiresAt <= expiredBy);
  return states.includes(standing.state) && (fence === undefined || fence === standing.fence) && expired;
}

/**
 * How a key that stands in the table may be claimed now; undefined when it may not.
 * @param sameIntent whether the standing call is the same tool with the same arguments
 */
export function claimable(standing: Standing, now: number, sameIntent: boolean): WriteCondition | undefined {
  const ways = [CONDITIONS.reclaim(standing), CONDITIONS.reclaimExpired(standing, now), ...(sameIntent ? [CONDITIONS.goOn(standing)] : [])];
  return ways.find((condition) => permits(condition, standing));
}

/** Whether a write that was refused has been done before: its first answer was lost, and the SDK sent it again. */
export function isWritten(standing: Pick<LedgerRow, 'state' | 'fence'> | undefined, fence: string, state: LedgerState): boolean {
  return standing?.fence === fence && standing.state === state;
}
