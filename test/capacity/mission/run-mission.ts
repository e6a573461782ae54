import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { faster } from '../../../core/sizing/timeline';
import { bundlePrograms } from '../../suites/bundling';
import { type Fleet, startFleet } from '../../suites/fleet';
import type { Stage } from '../../suites/suite';
import type { Opener } from '../sessions';
import { Crowd, type OpenerOf, type Sought } from './crowd';
import { type Follows, type Mission, serversOf } from './mission';
import { missionFleet } from './mission-app';
import { type Growth, Recorder, type ServerRecord } from './recorder';
import { WallClock } from './wall-clock';

/** What became of a mission. */
export interface MissionRun {
  readonly follows: Follows;
  readonly servers: readonly ServerRecord[];
  readonly sessions: Sought;
  /** Sessions that were lost, and answers that no agent should get. */
  readonly problems: readonly string[];
  /** Of each server in the end: instances that run, and sessions on each, all of which answered once more. */
  readonly left: readonly (readonly number[])[];
}

/** Agents have identities in common: what is looked at here is not the authorizer, which decides for each of them every half minute. */
const IDENTITIES = 10;
const HOUR = 3_600_000;
const SAY_MS = 10_000;
const LOOK_MS = 500;

/** Lets agents come to a fleet that scales, until the last of them has gone. @returns what became of it, for each of what servers follow */
export async function runMission(
  mission: Mission,
  followed: readonly Follows[],
  { scratch, signal, say }: Stage,
): Promise<readonly MissionRun[]> {
  const { profile, speed } = mission;
  const names = Array.from({ length: Math.min(IDENTITIES, profile.agents) }, (_, i) => `agent${i}`);
  const programs = await bundlePrograms('test/capacity', ['mission-server'], join(scratch, 'programs'));
  const growths: Growth[] = [];
  const fleet = await startFleet({
    onScalingEvent: (event) => {
      if (event.event === 'scaled' && event.to > event.from) growths.push({ server: event.server, at: Date.now() });
    },
    app: missionFleet(mission, followed, programs['mission-server'], names),
    scratch,
    scalingSpeed: speed,
  });
  const clock = new WallClock();
  try {
    const openerOf = openers(fleet, await Promise.all(names.map((name) => fleet.token(name))));
    const recorder = new Recorder(fleet.account, growths, speed, faster(clock, speed));
    const sides = followed.map((follows) => {
      const servers = serversOf(mission, follows);
      return { follows, servers, crowd: new Crowd(mission, servers, clock, openerOf) };
    });
    clock.every(SAY_MS, () =>
      say(
        `  ${sides.map(({ follows, crowd }) => `by ${follows} ${crowd.total.opened} opened, ${crowd.total.refused} refused`).join('; ')}; ${instancesOf(fleet)}`,
      ),
    );
    for (const { crowd } of sides) crowd.begin();
    const length = (profile.hours * HOUR) / speed;
    await over(clock, length, signal);
    if (followed.includes('sessions')) await shrunk(fleet, mission, Date.now() + length, signal);
    return await Promise.all(
      sides.map(async ({ follows, servers, crowd }) => {
        const left = await sessionsOf(fleet, servers);
        const { total, problems } = crowd;
        const records = servers.map((server) => recorder.recordOf(server, { ...(crowd.counts[server] as Sought) }));
        await crowd.end();
        return {
          follows,
          servers: records,
          sessions: total,
          problems,
          left,
        };
      }),
    );
  } finally {
    clock.stop();
    await fleet.stop();
  }
}

/** @param tokens of the identities, which take turns */
function openers(fleet: Fleet, tokens: readonly string[]): OpenerOf {
  return (server, agent): Opener => {
    const number = Number(agent.split('-').at(-1));
    return { endpoint: fleet.endpoint(server), token: tokens[number % tokens.length] as string, task: agent };
  };
}

/** @throws Error when it is interrupted */
async function over(clock: WallClock, ms: number, signal: AbortSignal): Promise<void> {
  const interrupted = once(signal, 'abort').then(() => signal.throwIfAborted());
  await Promise.race([new Promise<void>((resolve) => clock.in(ms, resolve)), interrupted]);
}

/** Instances go one by one, each after minutes with too little to do: resolves when no more are there than sessions need, or time is up. */
async function shrunk(fleet: Fleet, mission: Mission, until: number, signal: AbortSignal): Promise<void> {
  const servers = serversOf(mission, 'sessions');
  while (Date.now() < until && !(await sessionsOf(fleet, servers)).every((held) => isShrunk(held, mission))) {
    signal.throwIfAborted();
    await delay(LOOK_MS);
  }
}

/** @param held sessions of each instance */
export function isShrunk(held: readonly number[], { minInstances }: Mission): boolean {
  return held.length <= Math.max(minInstances, held.filter((count) => count > 0).length);
}

async function sessionsOf({ processes }: Fleet, servers: readonly string[]): Promise<number[][]> {
  const sidecars = (await processes.rows()).filter(({ role }) => role === 'sidecar');
  return servers.map((name) => sidecars.filter(({ server }) => server === name).map(({ sessions = 0 }) => sessions));
}

function instancesOf({ account }: Fleet): string {
  const hosted = account.scaling().services.filter(({ server }) => server !== undefined);
  return hosted.map(({ server, running, desired }) => `${server} ${running}/${desired}`).join(', ');
}
