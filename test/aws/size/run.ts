import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Duration, Stack } from 'aws-cdk-lib';
import { type McpServerProps, ToolPolicy } from '../../../lib';
import type { LocalAccount } from '../../../local/local-account';
import { startLocalAccount } from '../../../local/start';
import { newApp, smallFleet } from '../../apps/company';
import { teamStack } from '../../apps/teams';
import type { Given } from '../scenes/scene';
import { callAll, tellWho, writeOnce } from './calls';
import { wait } from './wait';

/** A minute of scaling is six seconds. */
const SPEED = 10;
/** A quarter of an hour of scaling, and what a busy machine takes longer. */
const GONE_WITHIN_MS = 300_000;

export interface Running {
  readonly servers: number;
  /** Beside the fleet's own, which has none of them. */
  readonly stacks: number;
  /** How many of the servers may have no instance, and of these, how many are woken again. */
  readonly seldom: number;
  readonly woken: number;
}

/** Servers that may have no instance. Their tool is a write, which a key makes safe to repeat. */
const SELDOM: Partial<McpServerProps> = {
  scaling: { minInstances: 0, maxInstances: 2, scaleToZeroAfter: Duration.minutes(1) },
  tools: { tell: ToolPolicy.stateChanging() },
};

/** Longest that all of it may take, in milliseconds: then what is under way is given up. */
const BOUND_MS = 15 * 60_000;

/** Runs a fleet whose servers stand in stacks of teams, calls each of them, and lets those go that nobody uses. */
export async function playFleet(folder: string, running: Running, { steps, say, signal: ended }: Given): Promise<readonly string[]> {
  const signal = AbortSignal.any([ended, AbortSignal.timeout(BOUND_MS)]);
  const { servers, stacks, seldom, woken } = running;
  const names = Array.from({ length: servers }, (_, at) => `server-${at}`);
  const rare = names.slice(0, seldom);
  const assembly = synthesize(join(folder, 'assembly'), names, running);
  const what = `${servers} servers in ${stacks} stacks beside the fleet's`;
  const account = await steps.take(`${what} start here, each with an instance`, () => startHere(folder, assembly, say));
  try {
    assert.deepEqual([...account.servers].sort(), [...names].sort());
    const calling = { account, token: await account.token('asker'), say, signal };
    const others = names.slice(seldom);
    await steps.take(`${others.length} of them answer as themselves`, () => callAll(others, tellWho, calling));
    if (seldom === 0) return [`${what} ran`];
    await steps.take(`the ${seldom} that nobody uses come down to no instance, and no alarm sounds`, async () => {
      await untilGone(account, rare, { say, signal });
      assert.deepEqual(sounding(account), []);
      assert.equal(instancesOf(account), servers - seldom);
    });
    const sample = rare.filter((_, at) => at % Math.floor(seldom / woken) === 0).slice(0, woken);
    await steps.take(`${sample.length} of them are woken by a keyed write, which runs once; none fails`, () =>
      callAll(sample, writeOnce, calling),
    );
    await steps.take('and they come down again', () => untilGone(account, rare, { say, signal }));
    return [`${what} ran, ${seldom} of them down to no instance, and ${sample.length} woken from there`];
  } finally {
    await account.stop();
  }
}

function synthesize(outdir: string, names: readonly string[], { stacks, seldom }: Running): string {
  const app = newApp(outdir);
  const fleet = smallFleet(new Stack(app, 'Fleet'), 'many');
  const agent = fleet.addAgent('asker', { subject: 'agent-asker' });
  const each = Math.ceil(names.length / stacks);
  const props = (name: string): Partial<McpServerProps> => (names.indexOf(name) < seldom ? SELDOM : {});
  for (let at = 0; at < stacks; at++) teamStack(app, `Team${at}`, names.slice(at * each, (at + 1) * each), { fleet, agent, props });
  app.synth();
  return outdir;
}

function startHere(folder: string, assembly: string, say: Given['say']): Promise<LocalAccount> {
  const controlFolder = join(folder, 'control');
  mkdirSync(controlFolder);
  return startLocalAccount({
    assembly,
    port: 0,
    controlFolder,
    scalingSpeed: SPEED,
    onPhase: ({ name, detail, milliseconds }) =>
      say(`  ${(milliseconds / 1_000).toFixed(1).padStart(5)} s  ${name}: ${detail.slice(0, 100)}`),
  });
}

/** Waits until none of these has an instance, and tells how many still do. */
async function untilGone(account: LocalAccount, names: readonly string[], { say, signal }: Pick<Given, 'say' | 'signal'>): Promise<void> {
  const left = (): number =>
    account.scaling().services.filter(({ server = '', desired, running }) => names.includes(server) && desired + running > 0).length;
  const told = (): string => `${left()} of ${names.length} still have an instance`;
  await wait(() => left() === 0, { withinMs: GONE_WITHIN_MS, told, say, signal });
}

function instancesOf(account: LocalAccount): number {
  return account
    .scaling()
    .services.filter(({ role }) => role === 'server')
    .reduce((sum, { running }) => sum + running, 0);
}

function sounding(account: LocalAccount): readonly string[] {
  return account
    .scaling()
    .alarms.filter(({ state }) => state === 'ALARM')
    .map(({ alarm, description = '' }) => `${alarm}: ${description}`);
}
