import type { LedgerRow, LedgerState } from '../core/ledger';
import { resultOf } from '../local/checks/tables';
import { type Paint, seconds } from './terminal';

/** The newest rows, oldest of them first. */
export function newest(rows: readonly LedgerRow[], limit: number): readonly LedgerRow[] {
  const ordered = [...rows].sort((a, b) => a.claimedAt - b.claimedAt);
  return limit < ordered.length ? ordered.slice(-limit) : ordered;
}

/** One call on one line. */
export function line(row: LedgerRow, paint: Paint): string {
  const { claimedAt, subject, server, tool, state, settledAt, idempotencyKey, callId, resolutionReason } = row;
  const reason = resolutionReason ?? row.reason;
  const took = settledAt === undefined ? '' : seconds(settledAt - claimedAt);
  const name = idempotencyKey === undefined ? callId : `key ${idempotencyKey}`;
  const cells = [clock(claimedAt), subject.padEnd(12), `${server}.${tool}`.padEnd(30), tint(state, paint), took.padStart(8), name];
  return [...cells, ...(reason === undefined ? [] : [paint.dim(reason)])].join('  ');
}

/** One call with its history. */
export function timeline(row: LedgerRow, paint: Paint): readonly string[] {
  const { claimedAt, sentAt, settledAt, state, resolvedAt, resolvedBy } = row;
  const settledAs = resolvedAt === undefined ? state : 'unknown';
  const since = (at: number) => `+${seconds(at - claimedAt)}`.padStart(9);
  const facts: [string, string | undefined][] = [
    ['call', row.callId],
    ['key', row.idempotencyKey],
    ['agent', `${row.subject} (${row.issuer})`],
    ['tool', `${row.server}.${row.tool}${row.stateChanging ? '' : ' (read-only)'}`],
    ['task', row.task],
    ['session', row.session],
    ['instance', row.instance],
    ['arguments', row.argumentsEncoding === undefined ? row.arguments : `(${row.argumentsEncoding})`],
  ];
  return [
    ...facts.filter(([, value]) => value !== undefined).map(([name, value]) => `${name.padEnd(10)} ${value}`),
    `${new Date(claimedAt).toISOString()}  claimed`,
    ...(sentAt === undefined ? [] : [`${since(sentAt)}${' '.repeat(15)}  sent`]),
    ...(settledAt === undefined ? [] : [`${since(settledAt)}${' '.repeat(15)}  ${tint(settledAs, paint).trim()}`]),
    ...(row.reason === undefined ? [] : [`${'reason'.padEnd(10)} ${row.reason}`]),
    ...(resolvedAt === undefined ? [] : [`${since(resolvedAt)}${' '.repeat(15)}  ${tint(state, paint).trim()}, says ${resolvedBy}`]),
    ...(row.resolutionReason === undefined ? [] : [`${'reason'.padEnd(10)} ${row.resolutionReason}`]),
    `${'result'.padEnd(10)} ${resultOf(row) ?? (row.resultEncoding === 'omitted' ? '(too large to keep)' : '(none)')}`,
    '',
  ];
}

function tint(state: LedgerState, paint: Paint): string {
  const word = state.padEnd(12);
  if (state === 'confirmed') return paint.green(word);
  return state === 'unknown' ? paint.red(word) : paint.yellow(word);
}

/** Time of day in UTC, with milliseconds. */
function clock(at: number): string {
  return new Date(at).toISOString().slice(11, 23);
}
