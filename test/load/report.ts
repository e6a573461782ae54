import type { Traffic } from './client/edge';
import type { Executions } from './executions';
import { type Entry, mayHaveBeenOn, type Outcome, percentile, wasInFlight } from './journal';
import type { PhaseName } from './options';
import type { PhaseRun } from './phases';

/** What one phase has shown. */
export interface PhaseResult {
  readonly phase: PhaseName;
  readonly passed: boolean;
  readonly calls: number;
  readonly callsPerSecond: number;
  /** Milliseconds from the agent's request to the end of its answer, beyond those that the call was told to take. */
  readonly latency: { readonly read: Latency; readonly write: Latency };
  /** HTTP requests. */
  readonly traffic: Traffic;
  readonly misrouted: number;
  readonly unknownSession: number;
  /** Sessions that began anew without their agent being told. */
  readonly restartedSilently: number;
  readonly failed: number;
  readonly outcomes: Readonly<Record<string, number>>;
  /** Streams of calls that were cut and resumed by the agent. */
  readonly resumed: number;
  /** Of what was in flight on the instance when it was killed. */
  readonly inFlight?: Readonly<Record<string, number>>;
  readonly replacedMs?: number;
  /** The first of what should not have been. */
  readonly faults: readonly Entry[];
}

interface Latency {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

const SHOWN_FAULTS = 8;
const FAILED: readonly Outcome[] = ['failed', 'unknown', 'cut', 'miscounted', 'restored', 'told again'];

export function resultOf(run: PhaseRun): PhaseResult {
  const { name, report, milliseconds, incident, replacedMs } = run;
  const { entries, traffic, resumed } = report;
  const calls = entries.filter(({ operation }) => operation === 'read' || operation === 'write');
  const faults = entries.filter((entry) => !isRight(entry, run));
  const count = (...outcomes: Outcome[]): number => faults.filter(({ outcome }) => outcomes.includes(outcome)).length;
  const inFlight = incident && entries.filter((entry) => wasInFlight(entry, incident) && entry.instance === incident.instance);
  return {
    phase: name,
    passed: faults.length === 0,
    calls: calls.length,
    callsPerSecond: Math.round((calls.length / milliseconds) * 1000),
    latency: { read: latencyOf(calls, 'read'), write: latencyOf(calls, 'write') },
    traffic,
    misrouted: count('misrouted'),
    unknownSession: count('unknown session'),
    restartedSilently: count('restarted silently'),
    failed: count(...FAILED),
    outcomes: tally(entries),
    resumed,
    ...(inFlight && { inFlight: tally(inFlight) }),
    ...(replacedMs !== undefined && { replacedMs }),
    faults: faults.slice(0, SHOWN_FAULTS),
  };
}

/** What may happen in which phase: an instance may take down what it had in flight, and only tell so; a gateway nothing but GET streams. */
function isRight(entry: Entry, { name: phase, incident, lostBefore }: PhaseRun): boolean {
  switch (entry.outcome) {
    case 'ok':
      return true;
    case 'told again':
      return lostBefore;
    case 'restored':
    case 'replayed':
    case 'still unknown':
      return incident !== undefined;
    case 'unknown':
      return incident !== undefined && wasInFlight(entry, incident);
    case 'cut':
      return phase === 'gateways' || (incident !== undefined && mayHaveBeenOn(incident, entry));
    default:
      return false;
  }
}

function latencyOf(calls: readonly Entry[], operation: Entry['operation']): Latency {
  const sorted = calls.filter((call) => call.operation === operation).map(({ ms, told = 0 }) => ms - told);
  sorted.sort((a, b) => a - b);
  return { p50: percentile(sorted, 50), p99: percentile(sorted, 99), max: sorted.at(-1) ?? 0 };
}

/** How often each operation came out how; `ok` is left out of the name. */
function tally(entries: readonly Entry[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { operation, outcome } of entries) {
    const name = outcome === 'ok' ? operation : `${operation}: ${outcome}`;
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}

/** Lines for people. */
export function describe({ phase, calls, callsPerSecond, latency, traffic, ...result }: PhaseResult): string {
  const { read, write } = latency;
  const lines = [
    `${result.passed ? 'ok  ' : 'FAIL'} ${phase}: ${calls} calls, ${callsPerSecond}/s, p50/p99 read ${read.p50}/${read.p99} ms, write ${write.p50}/${write.p99} ms; ` +
      `POST ${traffic.POST}, GET ${traffic.GET}, DELETE ${traffic.DELETE}`,
    `     misrouted ${result.misrouted}, unknown session ${result.unknownSession}, restarted silently ${result.restartedSilently}, failed ${result.failed}; ${listed(result.outcomes)}`,
    ...(result.inFlight ? [`     in flight on the killed instance: ${listed(result.inFlight)}`] : []),
    ...(result.replacedMs === undefined
      ? []
      : [`     replaced after ${(result.replacedMs / 1000).toFixed(1)} s; streams of calls resumed: ${result.resumed}`]),
    ...result.faults.map((fault) => `     ! ${JSON.stringify(fault)}`),
  ];
  return lines.join('\n');
}

function listed(counts: Readonly<Record<string, number>>): string {
  const texts = Object.entries(counts).map(([name, count]) => `${name} ${count}`);
  return texts.length === 0 ? 'nothing' : texts.join(', ');
}

/** What the servers' logs say, for people. */
export function describeExecutions({ executed, twice, missing, unknown }: Executions): string {
  const told = `told unknown: ${unknown.ran} had run, ${unknown.didNotRun} had not`;
  return `servers' logs: ${executed} state-changing calls ran, ${twice} of them twice; ${missing} results without an execution; ${told}`;
}

/** For the last line. */
export function factsOf(sessions: number, results: readonly PhaseResult[], { twice }: Executions): readonly string[] {
  const phases = results.map(({ phase, calls, callsPerSecond, misrouted, unknownSession, restartedSilently, failed, outcomes }) => {
    const told = phase === 'kill' ? `, ${restartedSilently} restarted silently, ${unknownIn(outcomes)} in flight told unknown` : '';
    return `${phase} ${calls} calls (${callsPerSecond}/s): ${misrouted} misrouted, ${unknownSession} unknown session, ${failed} failed${told}`;
  });
  return [`${sessions} sessions`, ...phases, `${twice} executed twice`];
}

function unknownIn(outcomes: PhaseResult['outcomes']): number {
  return (outcomes['write: unknown'] ?? 0) + (outcomes['read: unknown'] ?? 0);
}
