import type { LedgerRow } from '../../ledger/row';
import type { Transfer } from './bank';
import type { History, Later } from './history';
import type { Told } from './messages';
import { KEYED_TOOL } from './tools';

/** What must not be. */
export const VIOLATIONS = [
  'executed twice under one key',
  'reported confirmed without a journal line',
  'reported failed or not executed with a journal line',
  'without an audit row',
  "given another call's result",
  'left open although evidence can be had',
] as const;

export type Violation = (typeof VIOLATIONS)[number];

/** What became of a call in the end. */
export type Ending =
  | 'confirmed'
  | 'failed'
  | 'not executed'
  /** By whom: its instance, a reconcile read, or the gateway that had it. */
  | `unknown, then ${string} by ${string}`
  | 'undecidable: its instance is gone'
  | 'undecidable: it was lost on the way'
  | 'left claimed'
  | 'never came to the ledger'
  | 'not learnt, and nothing to ask with';

export interface Finding {
  readonly violation: Violation;
  readonly reference: string;
  readonly detail: string;
}

export interface Verdict {
  readonly findings: readonly Finding[];
  readonly counts: Readonly<Record<Violation, number>>;
  readonly endings: Readonly<Partial<Record<Ending, number>>>;
  /**
   * Executed twice for an agent without a key, after its leg was cut when the whole answer had left the edge and no event id
   * had come to the client: to the fleet that looks like a delivery.
   */
  readonly undecidableCuts: number;
  /** Refused while the ledger was away: nothing could be written, and the agent was told so. */
  readonly refusedUnwritten: number;
  /** Open calls that a gateway settled by evidence, whether their agents had to ask later or not: by whose. */
  readonly settledBy: Readonly<Record<string, number>>;
  /** Longest time from `sent` in the ledger to the execution, in milliseconds: what a reconcile read must wait for. */
  readonly longestWayMs: number;
}

/** Holds what agents were told, and asked later, against the bank's journal and the ledger. */
export function judge(history: History): Verdict {
  const facts = factsOf(history);
  const findings = history.told.flatMap((told) => findingsOf(told, facts));
  const repeated = twice(history.journal);
  const undecidable = repeated.filter(({ reference }) => looksDelivered(reference, history));
  findings.push(...repeated.filter((finding) => !undecidable.includes(finding)));
  const count = (violation: Violation): number => findings.filter((finding) => finding.violation === violation).length;
  return {
    findings,
    counts: Object.fromEntries(VIOLATIONS.map((violation) => [violation, count(violation)])) as Verdict['counts'],
    endings: tally(history.told.map((told) => endingOf(told, facts))),
    undecidableCuts: undecidable.length,
    settledBy: tally([...history.evidence.values()]),
    longestWayMs: Math.max(0, ...history.journal.map(({ key, at }) => at - (facts.rows.get(key ?? '')?.sentAt ?? at))),
    refusedUnwritten: history.told.filter((told) => isRefusedUnwritten(told, facts)).length,
  };
}

function tally<Name extends string>(names: readonly Name[]): Partial<Record<Name, number>> & Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts as Partial<Record<Name, number>> & Record<string, number>;
}

interface Facts extends Pick<History, 'later' | 'instances' | 'evidence'> {
  readonly executions: ReadonlyMap<string, Transfer>;
  readonly dispatches: ReadonlyMap<string, Transfer>;
  /** Every key, call id and reference that some row names. */
  readonly rows: ReadonlyMap<string, LedgerRow>;
}

function factsOf({ journal, dispatched, rows, later, instances, evidence }: History): Facts {
  const named = new Map<string, LedgerRow>();
  for (const row of rows) {
    const reference = /"reference":"([\w-]+)"/.exec(row.arguments)?.[1];
    if (reference !== undefined) named.set(reference, row);
    named.set(row.callId, row);
    if (row.idempotencyKey !== undefined && row.pk.endsWith(`#k:${row.idempotencyKey}`)) named.set(row.idempotencyKey, row);
  }
  const byReference = (transfers: readonly Transfer[]): Map<string, Transfer> => new Map(transfers.map((each) => [each.reference, each]));
  return { later, instances, evidence, rows: named, executions: byReference(journal), dispatches: byReference(dispatched) };
}

function findingsOf(told: Told, facts: Facts): Finding[] {
  const { reference } = told;
  const executed = facts.executions.has(reference);
  const said = [told.outcome, facts.later.get(reference)];
  const findings: Finding[] = [];
  const find = (violation: Violation): void => {
    findings.push({ violation, reference, detail: `${JSON.stringify(told)}; later ${said[1] ?? 'not asked'}` });
  };
  if (said.includes('confirmed') && !executed) find('reported confirmed without a journal line');
  if ((said.includes('failed') || said.includes('not_executed')) && executed) find('reported failed or not executed with a journal line');
  if (needsRow(told, facts) && rowOf(told, facts) === undefined) find('without an audit row');
  if (told.foreign === true) find("given another call's result");
  if (isLeftOpen(told, facts)) find('left open although evidence can be had');
  return findings;
}

/** A key is one intent; so is a reference, for an agent makes each transfer once. */
function twice(journal: readonly Transfer[]): Finding[] {
  const executions = new Map<string, Transfer[]>();
  for (const transfer of journal) executions.set(transfer.reference, [...(executions.get(transfer.reference) ?? []), transfer]);
  return [...executions]
    .filter(([, transfers]) => transfers.length > 1)
    .map(([reference, transfers]) => ({
      violation: 'executed twice under one key',
      reference,
      detail: transfers.map(({ key, task, pid }) => `key ${key} on ${task.slice(0, 8)} (${pid})`).join(', '),
    }));
}

/** A key holds whatever was cut; without one the fleet can only go by what it could hand on. */
function looksDelivered(reference: string, { cuts, journal }: History): boolean {
  const cut = cuts.get(reference);
  const hadKey = journal.some((transfer) => transfer.reference === reference && transfer.key !== undefined);
  return !hadKey && cut !== undefined && cut.whole && !cut.primed;
}

/** What a server has got passed the gateway, and so did what an agent was told of by its call id. */
function needsRow(told: Told, facts: Facts): boolean {
  return (told.callId !== undefined || facts.dispatches.has(told.reference)) && !isRefusedUnwritten(told, facts);
}

/** A key names the row of the whole intent, a call id perhaps only that of a refused repetition; who has neither has only the arguments. */
function rowOf({ callId, key, reference }: Told, { rows }: Facts): LedgerRow | undefined {
  const named = rows.get(key ?? '') ?? rows.get(callId ?? '');
  return key === undefined && callId === undefined ? rows.get(reference) : named;
}

function isRefusedUnwritten(told: Told, facts: Facts): boolean {
  const wasRefused = told.outcome === 'not_executed' && told.error === 'LEDGER_UNAVAILABLE';
  return wasRefused && !facts.dispatches.has(told.reference) && rowOf(told, facts) === undefined;
}

/** What was never sent can be ended, what can be looked up is, and an instance that lives has the answer of what it got. */
function isLeftOpen(told: Told, facts: Facts): boolean {
  const later = facts.later.get(told.reference);
  if (later === 'claimed' || later === 'sent') return true;
  return later === 'unknown' && (told.tool === KEYED_TOOL || livesWhereItWent(told, facts));
}

function livesWhereItWent({ reference }: Told, { executions, dispatches, instances }: Facts): boolean {
  const went = executions.get(reference) ?? dispatches.get(reference);
  return went !== undefined && instances.get(went.task) === went.pid;
}

function endingOf(told: Told, facts: Facts): Ending {
  if (told.outcome === 'confirmed' || told.outcome === 'failed') return told.outcome;
  const later = facts.later.get(told.reference);
  if (later === undefined) return 'not executed';
  if (later === 'confirmed' || later === 'failed' || later === 'not_executed') {
    const by = facts.evidence.get(rowOf(told, facts)?.callId ?? '') ?? 'its gateway';
    return `unknown, then ${later === 'not_executed' ? 'not executed' : later} by ${by}`;
  }
  const wasDispatched = facts.dispatches.has(told.reference);
  return ENDINGS[later] ?? (wasDispatched ? 'undecidable: its instance is gone' : 'undecidable: it was lost on the way');
}

const ENDINGS: Readonly<Partial<Record<Later, Ending>>> = {
  claimed: 'left claimed',
  'no row': 'never came to the ledger',
  'no name': 'not learnt, and nothing to ask with',
};
