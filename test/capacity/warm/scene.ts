import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { ProcessRow } from '../../../local/local-account';
import { bundlePrograms } from '../../suites/bundling';
import { type Fleet, startFleet } from '../../suites/fleet';
import type { Stage } from '../../suites/suite';
import { eventually } from '../../suites/waiting';
import { quantile } from '../figures';
import type { Seen } from '../scene';
import type { Opener } from '../sessions';
import { firstCall } from './first-call';
import { RUNTIMES, type RuntimeName, serverName, WARM, warmFleet } from './warm-app';

const AGENT = 'agent1';
/** Sessions of each server, and how often one comes, in milliseconds: an instance makes another ready in about one. */
const TURNS = 12;
const EVERY_MS = 2_000;
const PATIENCE_MS = 60_000;

/** What was seen of one way of running a server. */
interface Compared {
  readonly warmMs: number;
  readonly coldMs: number;
  /** How many times as long an agent waits where nothing is kept ready. */
  readonly ratio: number;
  readonly coldStarts: { readonly warm: number; readonly cold: number };
  readonly namesTwice: number;
}

/**
 * First calls of sessions with and without warm ones, by turns, at a rate at which an instance keeps up: no agent waits for a start, none
 * gets what another had, a child that is killed is replaced, and nothing is left of an instance that stops.
 */
export async function playWarm({ scratch, say }: Stage): Promise<Seen> {
  const programs = await bundlePrograms('test/capacity', ['warm-server'], join(scratch, 'programs'));
  const fleet = await startFleet({ app: warmFleet(programs['warm-server'] as string, [AGENT]), scratch });
  try {
    await teach(fleet);
    say(`${WARM} are warm; ${TURNS} sessions at each of ${RUNTIMES.length * 2} servers, one every ${EVERY_MS / 1000} s`);
    const compared = await compare(fleet);
    const replaced = await replacesKilled(fleet);
    const left = await leftBehind(fleet);
    const all = Object.values(compared);
    const coldStarts = all.reduce((sum, { coldStarts: { warm } }) => sum + warm, 0);
    const twice = all.reduce((sum, { namesTwice }) => sum + namesTwice, 0);
    const counted = all.every(({ coldStarts: { cold } }) => cold === TURNS);
    const ratios = RUNTIMES.map((runtime) => `${runtime} ${compared[runtime].ratio.toFixed(1)} times`).join(', ');
    return {
      passed: coldStarts === 0 && counted && twice === 0 && replaced && left === 0,
      fact: `a first call takes without warm sessions ${ratios} as long; ${coldStarts} cold starts with them, ${twice} given twice, ${left} children left`,
      figures: { turns: TURNS, everyMs: EVERY_MS, replaced, left, ...compared },
    };
  } finally {
    await fleet.stop();
  }
}

/** Sessions of the shape that agents open replace those of the fleet's own. */
async function teach(fleet: Fleet): Promise<void> {
  const since = Date.now();
  for (const runtime of RUNTIMES) await firstCall(await openerOf(fleet, serverName(runtime, true)));
  const isFull = async (runtime: RuntimeName) => (await warmOf(fleet, runtime)) === WARM;
  await eventually('the words of agents are learned', async () => !(await isFull('http')), PATIENCE_MS);
  for (const runtime of RUNTIMES) await eventually(`${WARM} are warm`, () => isFull(runtime), PATIENCE_MS);
  await counted(fleet, since);
}

async function compare(fleet: Fleet): Promise<Record<RuntimeName, Compared>> {
  const since = Date.now();
  const servers = RUNTIMES.flatMap((runtime) => [serverName(runtime, true), serverName(runtime, false)]);
  const openers = new Map(await Promise.all(servers.map(async (server) => [server, await openerOf(fleet, server)] as const)));
  const calls = new Map(servers.map((server) => [server, [] as Awaited<ReturnType<typeof firstCall>>[]]));
  for (let turn = 0; turn < TURNS; turn++) {
    const next = delay(EVERY_MS);
    // Whoever comes first in one turn comes last in another.
    const order = [...servers.slice(turn % servers.length), ...servers.slice(0, turn % servers.length)];
    for (const server of order) calls.get(server)?.push(await firstCall(openers.get(server) as Opener));
    await next;
  }
  const coldStarts = await counted(fleet, since);
  const of = (runtime: RuntimeName): Compared => {
    const [warm = [], cold = []] = [true, false].map((isWarm) => calls.get(serverName(runtime, isWarm)));
    const [warmMs, coldMs] = [warm, cold].map((those) =>
      quantile(
        those.map(({ ms }) => ms),
        0.5,
      ),
    ) as [number, number];
    const [warmStarts = 0, coldCount = 0] = [true, false].map((isWarm) => coldStarts.get(serverName(runtime, isWarm)));
    const names = [...warm, ...cold].map(({ name }) => name);
    return {
      warmMs,
      coldMs,
      ratio: coldMs / warmMs,
      coldStarts: { warm: warmStarts, cold: coldCount },
      namesTwice: names.length - new Set(names).size,
    };
  };
  return { http: of('http'), stdio: of('stdio') };
}

async function replacesKilled(fleet: Fleet): Promise<boolean> {
  const { pid } = await sidecarOf(fleet, 'stdio');
  const before = childrenOf(pid);
  const [victim] = before;
  process.kill(victim as number, 'SIGKILL');
  const isReplaced = async () => {
    const now = childrenOf(pid);
    return !now.includes(victim as number) && now.length === before.length && (await warmOf(fleet, 'stdio')) === WARM;
  };
  return await eventually('a child that was killed is replaced', isReplaced, PATIENCE_MS);
}

/** @returns how many children outlive their instance */
async function leftBehind(fleet: Fleet): Promise<number> {
  const { pid } = await sidecarOf(fleet, 'stdio');
  const children = childrenOf(pid);
  process.kill(pid, 'SIGTERM');
  await eventually('the instance has stopped', async () => !isAlive(pid), PATIENCE_MS);
  return children.filter(isAlive).length;
}

/** Sessions that were started while an agent waited, by server: of the ticks since then, and of one that began after now. */
async function counted({ account, processes }: Fleet, since: number): Promise<ReadonlyMap<string, number>> {
  const sidecars = (await processes.rows()).filter(({ role }) => role === 'sidecar');
  const points = () => account.datapoints().filter(({ name, at }) => name === 'ColdStarts' && at >= since);
  const asked = Date.now();
  const isTold = async () => sidecars.every(({ task }) => points().some(({ source, at }) => source === task && at >= asked));
  await eventually('every sidecar has told of its cold starts', isTold, PATIENCE_MS);
  const sums = new Map<string, number>();
  for (const { dimensions, value } of points()) sums.set(dimensions.Server ?? '', (sums.get(dimensions.Server ?? '') ?? 0) + value);
  return sums;
}

async function warmOf(fleet: Fleet, runtime: RuntimeName): Promise<number | undefined> {
  const { address } = await sidecarOf(fleet, runtime);
  const { warm } = (await (await fetch(`http://${address}/readyz`)).json()) as { warm?: number };
  return warm;
}

async function sidecarOf({ processes }: Fleet, runtime: RuntimeName): Promise<ProcessRow> {
  const name = serverName(runtime, true);
  const found = (await processes.rows()).find(({ role, server }) => role === 'sidecar' && server === name);
  if (found === undefined) throw new Error(`${name} has no sidecar`);
  return found;
}

async function openerOf(fleet: Fleet, server: string): Promise<Opener> {
  return { endpoint: fleet.endpoint(server), token: await fleet.token(AGENT) };
}

function childrenOf(pid: number): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
