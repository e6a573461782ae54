import type { LedgerRow, LedgerState } from '../../../ledger/row';
import { FORBIDDEN, TOOL_CONFIG } from '../servers/tools';
import {
  answerValues,
  callRows,
  executed,
  goesOn,
  type Observation,
  requestExpectation,
  saysGone,
  shown,
  type Violation,
} from './observation';

/** Nothing runs without a row, and no row says what is not so. */
export function ledger(observation: Observation): Violation[] {
  return [
    ...unrecorded(observation),
    ...untrue(observation),
    ...unsettled(observation),
    ...uncertain(observation),
    ...unheard(observation),
  ];
}

/** Every execution has a row of its own that does not deny it; a read may have been asked again under one. */
function unrecorded(observation: Observation): Violation[] {
  const rows = callRows(observation);
  return count(executed(observation.fleetDeeds).map(({ name }) => name)).flatMap(([tool, times]) => {
    const believed = !changes(tool) && saysGone(observation);
    const owning = rows.filter((row) => row.tool === tool && (believed || row.state !== 'not_executed')).length;
    const needed = changes(tool) ? times : 1;
    return owning >= needed ? [] : [violation(`${tool.slice(0, 60)} ran ${times} times; ${owning} rows do not deny it: ${states(rows)}`)];
  });
}

/** Nothing is confirmed that did not run. */
function untrue(observation: Observation): Violation[] {
  const ran = executed(observation.fleetDeeds);
  return callRows(observation).flatMap((row) => {
    const times = ran.filter(({ name }) => name === row.tool).length;
    return row.state === 'confirmed' && times === 0 ? [violation(`a row says confirmed, and ${row.tool.slice(0, 60)} did not run`)] : [];
  });
}

function unsettled({ rows, subject }: Observation): Violation[] {
  if (goesOn(subject)) return [];
  return rows.flatMap(({ state, tool }) =>
    state === 'claimed' || state === 'sent' ? [violation(`the row of ${tool.slice(0, 60)} stays ${state}`)] : [],
  );
}

/** Where one thing only is odd about an answer, its row says exactly what follows from it. */
function uncertain(observation: Observation): Violation[] {
  const { subject, fleetDeeds } = observation;
  const values = answerValues(subject);
  const [value] = values;
  const rows = callRows(observation).filter(({ tool }) => changes(tool));
  if (requestExpectation(observation) === 'refused' || subject.values.message !== 'call') return [];
  if (values.length > 1 || rows.length !== 1) return [];
  const state = rows[0]?.state as LedgerState;
  if (state === 'input_required' && subject.values.key?.startsWith('rounds')) return [];
  if (value === undefined) {
    const ran = executed(fleetDeeds).length > 0;
    return ran && state !== 'confirmed'
      ? [violation(`it ran and was answered plainly, and its row says ${state} (${rows[0]?.reason ?? ''})`)]
      : [];
  }
  const allowed: readonly LedgerState[] =
    value.states ??
    (value.expect === 'same' ? ['confirmed'] : value.expect === 'refused' ? ['unknown'] : ['confirmed', 'failed', 'unknown']);
  return allowed.includes(state) ? [] : [violation(`its row says ${state} (${rows[0]?.reason ?? ''}); right is ${allowed.join(' or ')}`)];
}

/** A call that was understood and refused is in the audit as well. */
function unheard(observation: Observation): Violation[] {
  const { subject, rows, fleet } = observation;
  const alone = Object.keys(subject.values).every((name) => ['server', 'client', 'era', 'tool', 'reading', 'message'].includes(name));
  if (!alone || subject.values.message !== 'call-forbidden' || fleet.sent.length === 0) return [];
  return rows.some(({ tool, state }) => tool === FORBIDDEN && state === 'not_executed')
    ? []
    : [violation(`no row tells of the refused call: ${states(rows)}`)];
}

export function changes(tool: string): boolean {
  return TOOL_CONFIG[tool]?.effect !== 'read_only';
}

function states(rows: readonly LedgerRow[]): string {
  return rows.length === 0
    ? 'there is none'
    : rows.map(({ tool, state, reason }) => `${tool.slice(0, 60)} ${state}${reason === undefined ? '' : ` (${shown(reason)})`}`).join(', ');
}

function count(names: readonly string[]): [string, number][] {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts];
}

function violation(detail: string): Violation {
  return { property: 'ledger', detail };
}
