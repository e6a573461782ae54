import { inline, type Paint, seconds } from '../../core/paint';
import { resultTextOf } from '../kept-text';
import type { LedgerEvent, LedgerRow } from '../row';
import { calledIn, referredTo, tint } from './lines';

/**
 * One call from start to end, for people.
 * @param references rows of other calls that refer to it; those that refer to another call are left out
 */
export function timeline(row: LedgerRow, paint: Paint, references: readonly LedgerRow[] = []): readonly string[] {
  const facts: [string, string | undefined][] = [
    ['call', row.callId],
    ['key', row.idempotencyKey],
    ['agent', `${row.subject} (${row.issuer})`],
    ['tool', `${calledIn(row)}${row.stateChanging || row.method !== undefined ? '' : ' (read-only)'}`],
    ['task', row.task],
    ['session', row.session],
    ['instance', row.instance],
    ['arguments', row.argumentsEncoding === undefined ? row.arguments : `(${row.argumentsEncoding})`],
  ];
  const own = references.filter((reference) => referredTo(reference)?.callId === row.callId);
  return [
    ...facts.filter(([, value]) => value !== undefined).map(([name, value]) => fact(name, value as string)),
    ...(row.history === undefined ? stepsByState(row, paint) : steps(row, row.history, own, paint)),
    fact('result', resultTextOf(row) ?? (row.resultEncoding === 'omitted' ? `(too large to keep) ${row.result ?? ''}`.trim() : '(none)')),
    '',
  ];
}

/** Steps of the call and of those that refer to it, in one order: each with its time, what, by whom, and on what grounds. */
function steps(row: LedgerRow, history: readonly LedgerEvent[], references: readonly LedgerRow[], paint: Paint): readonly string[] {
  const began = history[0]?.at ?? row.claimedAt;
  let last = began;
  const own = history.map(({ at, state, by, because }) => {
    // Clocks of different writers differ; the order in which they wrote does not.
    last = Math.max(last, at);
    return { order: last, at, what: tint(state, paint), more: `by ${by ?? row.unread}${because === undefined ? '' : `: ${because}`}` };
  });
  const others = references.map((each) => ({ order: each.claimedAt, at: each.claimedAt, ...referenceStep(each, paint) }));
  const inOrder = [...own, ...others].sort((a, b) => a.order - b.order);
  return inOrder.map(
    ({ at, what, more }, index) => `${index === 0 ? new Date(at).toISOString() : since(at - began)}  ${what}  ${inline(more)}`,
  );
}

function referenceStep(row: LedgerRow, paint: Paint): { readonly what: string; readonly more: string } {
  const { callId, subject, tool, state } = row;
  if (referredTo(row)?.how === 'asked')
    return { what: paint.dim('asked again '), more: `by ${subject}, told this outcome (call ${callId})` };
  return { what: paint.dim('looked for  '), more: `by ${tool}, which was ${state} (call ${callId})` };
}

/** Of a row from before histories were kept. */
function stepsByState(row: LedgerRow, paint: Paint): readonly string[] {
  const { claimedAt, sentAt, settledAt, state, reason, resolvedAt, resolvedBy, resolutionReason } = row;
  const settledAs = resolvedAt === undefined ? state : 'unknown';
  const step = (at: number, what: string): string => `${since(at - claimedAt)}  ${what}`;
  return [
    `${new Date(claimedAt).toISOString()}  claimed`,
    ...(sentAt === undefined ? [] : [step(sentAt, 'sent')]),
    ...(settledAt === undefined ? [] : [step(settledAt, tint(settledAs, paint).trim())]),
    ...(reason === undefined ? [] : [fact('reason', reason)]),
    ...(resolvedAt === undefined ? [] : [step(resolvedAt, `${tint(state, paint).trim()}, says ${inline(String(resolvedBy))}`)]),
    ...(resolutionReason === undefined ? [] : [fact('reason', resolutionReason)]),
  ];
}

/** As wide as a moment in ISO 8601. */
function since(milliseconds: number): string {
  return `${`${milliseconds < 0 ? '-' : '+'}${seconds(Math.abs(milliseconds))}`.padStart(9)}${' '.repeat(15)}`;
}

function fact(name: string, value: string): string {
  return `${name.padEnd(10)} ${inline(value)}`;
}
