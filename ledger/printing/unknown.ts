import { age, type Paint } from '../../core/paint';
import { mayResolve } from '../protocol';
import type { LedgerRow } from '../row';

/** What may be pasted into a shell as it is; a key is whatever its agent has made up. */
const PLAIN_WORD = /^[A-Za-z0-9_][A-Za-z0-9_.:@+=/-]{0,99}$/;

export function oldestFirst(rows: readonly LedgerRow[]): readonly LedgerRow[] {
  return [...rows].sort((a, b) => unknownSince(a) - unknownSince(b));
}

/**
 * A call that nobody can tell of: whose it is, since when and why, and how a person settles it.
 * @param rows all that are listed with it
 * @param now milliseconds since the epoch
 * @param flags by which the command names the fleet, with a space before them
 */
export function unknownLines(row: LedgerRow, rows: readonly LedgerRow[], now: number, paint: Paint, flags = ''): readonly string[] {
  const { server, tool, subject, idempotencyKey, callId, leaseUntil } = row;
  const at = unknownSince(row);
  const resolve = `mcp-fleet ledger resolve ${nameOf(row, rows)} --outcome confirmed|failed|not_executed --reason "…"${flags}`;
  const wait = mayResolve(row, now) ? '' : ` (from ${new Date(leaseUntil).toISOString()} on: its gateway may still work on it)`;
  return [
    `${paint.bold(`${server}.${tool}`)}  ${subject}  ${idempotencyKey === undefined ? `call ${callId}` : `key ${JSON.stringify(idempotencyKey)}`}`,
    `  since    ${new Date(at).toISOString()}, ${age(now - at)} ago`,
    `  because  ${becauseOf(row) ?? 'no reason was given'}`,
    `  settle   ${resolve}${wait}`,
    '',
  ];
}

/** The key, as people know the call; its id where another call listed has the same key, or a shell would read more than a word. */
function nameOf({ idempotencyKey, callId }: LedgerRow, rows: readonly LedgerRow[]): string {
  if (idempotencyKey === undefined || !PLAIN_WORD.test(idempotencyKey)) return callId;
  return rows.filter((row) => row.idempotencyKey === idempotencyKey).length > 1 ? callId : idempotencyKey;
}

function unknownSince(row: LedgerRow): number {
  return eventOf(row)?.at ?? row.settledAt ?? row.claimedAt;
}

function becauseOf(row: LedgerRow): string | undefined {
  return eventOf(row)?.because ?? row.reason;
}

/** The step that made it unknown. */
function eventOf({ history = [] }: LedgerRow) {
  return history.findLast(({ state }) => state === 'unknown');
}
