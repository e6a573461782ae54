import { inline, type Paint, seconds } from '../../core/paint';
import type { LedgerRow, LedgerState } from '../row';

/** The newest rows, oldest of them first. */
export function newest(rows: readonly LedgerRow[], limit: number): readonly LedgerRow[] {
  const ordered = [...rows].sort((a, b) => a.claimedAt - b.claimedAt);
  return limit < ordered.length ? ordered.slice(-limit) : ordered;
}

/** Widths of columns whose words are somebody's names, in characters. */
export interface Widths {
  readonly subject: number;
  readonly tool: number;
}

/** A name that is longer than this pushes its own line only. */
const WIDEST = 60;

/** As wide as the widest of some rows. */
export function widthsOf(rows: readonly LedgerRow[], least: Widths = { subject: 12, tool: 30 }): Widths {
  return {
    subject: widest(
      least.subject,
      rows.map(({ subject }) => subject.length),
    ),
    tool: widest(
      least.tool,
      rows.map((row) => calledIn(row).length),
    ),
  };
}

/** What was called: a tool, or the method of a request that called none. */
export function calledIn({ server, tool, method }: LedgerRow): string {
  return method === undefined ? `${server}.${tool}` : `${server} ${method}`;
}

function widest(least: number, lengths: readonly number[]): number {
  return Math.max(least, ...lengths.map((length) => Math.min(length, WIDEST)));
}

/** One call on one line. */
export function line(row: LedgerRow, paint: Paint, widths = widthsOf([row])): string {
  const { claimedAt, subject, state, settledAt, idempotencyKey, callId, resolutionReason } = row;
  const reason = resolutionReason ?? row.reason;
  const took = settledAt === undefined ? '' : seconds(Math.max(0, settledAt - claimedAt));
  const name = inline(idempotencyKey === undefined ? callId : `key ${idempotencyKey}`);
  const cells = [
    clock(claimedAt),
    inline(subject).padEnd(widths.subject),
    inline(calledIn(row)).padEnd(widths.tool),
    tint(state, paint),
    took.padStart(8),
    name,
  ];
  return [...cells, ...(reason === undefined ? [] : [paint.dim(inline(reason))])].join('  ');
}

/** What the ledger holds under a key or call id, oldest first. */
export interface KeyRows {
  /** The calls of that name: of one key, each in place of the one before it. */
  readonly calls: readonly LedgerRow[];
  /** Calls that were answered with the outcome of one of them, and reads that were made to find it out. */
  readonly references: readonly LedgerRow[];
}

/** @param key idempotency key or call id */
export function ofKey(rows: readonly LedgerRow[], key: string): KeyRows {
  const named = newest(rows, Number.POSITIVE_INFINITY).filter(({ callId, idempotencyKey }) => callId === key || idempotencyKey === key);
  const ids = new Set(named.map(({ callId }) => callId));
  const calls = named.filter((row) => row.callId === key || !ids.has(referredTo(row)?.callId ?? ''));
  const references = newest(rows, Number.POSITIVE_INFINITY).filter((row) => !calls.includes(row) && ids.has(referredTo(row)?.callId ?? ''));
  return { calls, references };
}

/** How a row refers to another call: its caller was given that one's outcome, or it is a read made to find it out. */
export interface Reference {
  readonly how: 'asked' | 'looked';
  readonly callId: string;
}

export function referredTo({ reason }: Pick<LedgerRow, 'reason'>): Reference | undefined {
  const [, word, callId] = /^(REPLAYED|FENCED|RECONCILE): (.+)$/.exec(reason ?? '') ?? [];
  return callId === undefined ? undefined : { how: word === 'RECONCILE' ? 'looked' : 'asked', callId };
}

export function tint(state: LedgerState, paint: Paint): string {
  const word = state.padEnd(12);
  if (state === 'confirmed') return paint.green(word);
  return state === 'unknown' ? paint.red(word) : paint.yellow(word);
}

/** Time of day in UTC, with milliseconds. */
function clock(at: number): string {
  return new Date(at).toISOString().slice(11, 23);
}
