import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Bank } from '../../chaos/bank';
import { type Call, tally } from '../../deploy/load/call';
import { Load, type Sessions } from '../../deploy/load/load';
import { makePrograms } from '../../deploy/programs';
import { startFleet } from '../../suites/fleet';
import { type FleetApp, synthesizeFleet } from '../../suites/fleet-app';
import type { Scene } from '../scene';
import { AGENT, redeployFleet, SERVERS, type Version } from './redeploy-app';

/** Sessions of each server that come and go, and as many that stay. */
const FULL = 8;
const SHORT = 4;
const CLIENTS = ['v1', 'v2'] as const;

/**
 * New versions of the servers, and once more on their heels, with new gateways twice meanwhile, under load. No call fails and nothing is unknown. Sessions
 * that may be opened again go on; others end by themselves, or at `deployWithin`, and their agents are told.
 */
export const playRedeploy: Scene = async ({ full }, { scratch, say }) => {
  const programs = join(scratch, 'programs');
  mkdirSync(programs);
  await makePrograms(programs);
  const bank = await Bank.start();
  const app = (version: Version) => redeployFleet({ version, programs, journal: bank.url });
  const fleet = await startFleet({ app: app('one'), scratch });
  const load = await Load.begin(fleet.account, AGENT, sessionsOf(full ? FULL : SHORT), bank);
  const took: Record<string, string> = {};
  const problems: string[] = [];
  const step = async (name: string, work: () => Promise<unknown>): Promise<void> => {
    const since = Date.now();
    await load.goesOn();
    await work();
    await load.goesOn();
    const calls = load.take();
    took[name] = `${((Date.now() - since) / 1_000).toFixed(1)} s`;
    problems.push(...unexpected(calls).map((problem) => `${name}: ${problem}`));
    say(`  ${name}: ${took[name]}, ${JSON.stringify(tally(calls))}`);
  };
  try {
    await step('new versions', async () => {
      const deployed = fleet.account.apply(assemblyOf(app('two'), join(scratch, 'two')));
      await load.hears(SERVERS.restart, 'two');
      // At their full size, those that nobody can open again are held until they are ended.
      if (!full) load.release();
      await deployed;
    });
    load.hold();
    await step('on their heels, and new gateways twice', async () => {
      const deployed = Promise.all(Object.values(SERVERS).map((server) => fleet.account.redeploy(server)));
      if (!full) load.release();
      await fleet.account.redeploy('gateway');
      await fleet.account.redeploy('gateway');
      await deployed;
    });
    const rows = await fleet.ledger();
    problems.push(...rows.filter(({ state }) => state === 'unknown').map(({ callId }) => `call ${callId} is unknown`), ...load.miscounted);
  } finally {
    await load.end();
    await fleet.stop();
    bank.stop();
  }
  return {
    passed: problems.length === 0,
    fact: `servers and gateways deployed twice each under load: ${factOf(load.calls)}, ${problems.length} wrong`,
    figures: { took, calls: tally(load.calls), problems: problems.slice(0, 20) },
  };
};

function sessionsOf(count: number): Sessions {
  const clients = Array.from({ length: count }, (_, i) => CLIENTS[i % CLIENTS.length] as (typeof CLIENTS)[number]);
  return Object.fromEntries(Object.values(SERVERS).map((server) => [server, { short: clients, stay: clients }]));
}

function assemblyOf(app: FleetApp, folder: string): string {
  synthesizeFleet(app, folder);
  return folder;
}

/** What may not happen, in words. */
function unexpected(calls: readonly Call[]): readonly string[] {
  const isExpected = ({ server, outcome }: Call): boolean =>
    outcome === 'ok' || (server === SERVERS.restart ? outcome === 'restored' : outcome === 'ended');
  return calls
    .filter((call) => !isExpected(call))
    .map(({ server, operation, outcome, detail }) => `${operation} at ${server} ${outcome}: ${detail}`);
}

function factOf(calls: readonly Call[]): string {
  const count = (outcome: Call['outcome']): number => calls.filter((call) => call.outcome === outcome).length;
  return `${calls.length} calls, ${count('failed')} failed, ${count('restored')} sessions opened again, ${count('ended')} ended as declared`;
}
