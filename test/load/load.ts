import { join } from 'node:path';
import { bundlePrograms } from '../suites/bundling';
import { type Fleet, startFleet } from '../suites/fleet';
import type { Stage, Verdict } from '../suites/suite';
import { type ClientReport, Clients } from './clients';
import { readExecutions } from './executions';
import { loadFleet, SERVER } from './fleet-app';
import type { Entry } from './journal';
import type { Options, PhaseName } from './options';
import { runPhase } from './phases';
import { describe, describeExecutions, factsOf, type PhaseResult, resultOf } from './report';

const CLIENT_PROCESSES = 4;
const AGENTS = Array.from({ length: CLIENT_PROCESSES }, (_, index) => `agent${index + 1}`);
const INSTANCES = 5;
/** Share of the sessions that official clients hold; each costs as much as several lean ones. */
const SDK_SHARE = 0.04;
/** Sessions of one process that have a call under way at the same time. */
const AT_ONCE = 32;
const PROGRESS_MS = 5000;

/** Puts a fleet under load, phase after phase with the same sessions. */
export async function runLoad(options: Options, { scratch, signal, say }: Stage): Promise<Verdict> {
  const { sessions } = options;
  const startedAt = Date.now();
  const programs = await bundlePrograms('test/load', ['counter-server', 'client'], join(scratch, 'programs'));
  // Room for the sessions of an instance that is lost, on those that stay.
  const perInstance = Math.ceil((sessions / (INSTANCES - 1)) * 1.5);
  const app = loadFleet({ directory: programs['counter-server'], agents: AGENTS, instances: INSTANCES, perInstance });
  const fleet = await startFleet({ app, scratch });
  say(`2 gateways and ${INSTANCES} instances of "${SERVER}" at ${fleet.account.baseUrl} after ${since(startedAt)}`);
  const clients = await startClients(join(programs.client, 'index.js'), sessions, fleet);
  signal.addEventListener('abort', () => void clients.stop()); // what waits for them then fails
  try {
    signal.throwIfAborted();
    const openedAt = Date.now();
    const opened = await clients.open();
    say(`${sessions} sessions opened by ${CLIENT_PROCESSES} processes in ${since(openedAt)}: ${await spread(fleet)}`);
    const { results, entries } = await runPhases(options, clients, fleet, say);
    const closed = await clients.close();
    const executions = await readExecutions(fleet.account.logFiles(), entries);
    say(describeExecutions(executions));

    const faults = [...faultsOf(opened), ...faultsOf(closed)];
    for (const fault of faults.slice(0, 8)) say(`! ${JSON.stringify(fault)}`);
    const passed = faults.length === 0 && executions.twice === 0 && executions.missing === 0 && results.every((result) => result.passed);
    return { passed, facts: factsOf(sessions, results, executions), document: { sessions, faults, executions, phases: results } };
  } finally {
    await clients.stop();
    await fleet.stop();
  }
}

async function runPhases({ phases, calls }: Options, clients: Clients, fleet: Fleet, say: Stage['say']) {
  const results: PhaseResult[] = [];
  const entries: Entry[] = [];
  let lostBefore = false;
  for (const phase of phases) {
    const began = Date.now();
    const progress = setInterval(() => say(progressLine(phase, calls, clients, began)), PROGRESS_MS);
    const run = await runPhase(phase, { calls, lostBefore }, clients, fleet).finally(() => clearInterval(progress));
    lostBefore = run.lostBefore;
    entries.push(...run.report.entries);
    const result = resultOf(run);
    results.push(result);
    say(describe(result));
  }
  return { results, entries };
}

async function startClients(program: string, sessions: number, fleet: Fleet): Promise<Clients> {
  const settings = AGENTS.map(async (name, index) => ({
    name,
    endpoint: fleet.endpoint(SERVER),
    token: await fleet.token(name),
    sessions: share(sessions, index),
    sdkSessions: share(Math.ceil(sessions * SDK_SHARE), index),
    atOnce: AT_ONCE,
  }));
  return new Clients(program, await Promise.all(settings));
}

function share(total: number, index: number): number {
  return Math.floor(total / CLIENT_PROCESSES) + (index < total % CLIENT_PROCESSES ? 1 : 0);
}

/** Opening and closing sessions happens in peace: nothing may go wrong. */
function faultsOf({ entries }: ClientReport): readonly Entry[] {
  return entries.filter(({ outcome }) => outcome !== 'ok');
}

async function spread({ processes }: Fleet): Promise<string> {
  const sidecars = (await processes.rows()).filter(({ role }) => role === 'sidecar');
  return sidecars.map(({ task, sessions }) => `${task.slice(0, 8)} ${sessions}`).join(', ');
}

function progressLine(phase: PhaseName, calls: number, clients: Clients, began: number): string {
  const { done, wrong } = clients.progress;
  const rate = Math.round((done / (Date.now() - began)) * 1000);
  return `  ${phase}: ${done} of ${calls} calls, ${rate}/s${wrong > 0 ? `, ${wrong} not as ever` : ''}`;
}

function since(start: number): string {
  return `${((Date.now() - start) / 1000).toFixed(1)} s`;
}
