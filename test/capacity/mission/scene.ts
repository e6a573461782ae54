import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { CPU_TARGET } from '../../../bin/plan/servers';
import { peakSessions } from '../../../core/sizing/load-profile';
import type { Stage } from '../../suites/suite';
import { writeChart } from '../measured';
import type { Options } from '../options';
import type { Seen } from '../scene';
import { FULL, FULL_BY_CPU, SHORT } from './forms';
import type { Follows, Mission } from './mission';
import { missionSvg } from './mission-svg';
import { isShrunk, type MissionRun, runMission } from './run-mission';

/** Percent of slots, as the constructs choose it. */
const TARGET = 70;

/** What becomes of agents whose servers follow sessions, and of those whose servers follow CPU. */
export async function playMission({ full, write }: Options, stage: Stage): Promise<Seen> {
  const mission = full ? FULL : SHORT;
  stage.say(`${mission.profile.agents} agents × ${mission.names.length} servers, ${mission.speed} times as fast`);
  const [bySessions, byCpu] = (await (full ? oneAfterTheOther(stage) : runMission(SHORT, ['sessions', 'cpu'], stage))) as [
    MissionRun,
    MissionRun,
  ];
  if (write) writeChart('mission.svg', missionSvg(mission, bySessions, byCpu));
  const problems = [...flaws(mission, bySessions), ...surprises(mission, byCpu)];
  return {
    passed: problems.length === 0,
    fact: factOf(mission, bySessions, byCpu, problems),
    figures: { problems: problems.slice(0, 20), bySessions, byCpu },
  };
}

/** Two cores do not bear 3,000 sessions. */
async function oneAfterTheOther(stage: Stage): Promise<readonly MissionRun[]> {
  const scratch = (follows: Follows): string => {
    const folder = join(stage.scratch, follows);
    mkdirSync(folder);
    return folder;
  };
  return [
    ...(await runMission(FULL, ['sessions'], { ...stage, scratch: scratch('sessions') })),
    ...(await runMission(FULL_BY_CPU, ['cpu'], { ...stage, scratch: scratch('cpu') })),
  ];
}

/** What should not have come of it, where instances follow sessions. */
function flaws(mission: Mission, { sessions, servers, problems, left }: MissionRun): readonly string[] {
  const { profile, perInstance, minInstances } = mission;
  const needed = Math.ceil((100 * peakSessions(profile)) / (perInstance * TARGET));
  return [
    ...problems,
    ...(sessions.refused > 0 ? [`${sessions.refused} sessions were refused`] : []),
    ...servers.flatMap(({ server, minutes }) => [
      ...(minutes[0]?.instances === minInstances ? [] : [`${server} began with ${minutes[0]?.instances} instances`]),
      ...(most(minutes, 'instances') >= needed
        ? []
        : [`${server} had ${most(minutes, 'instances')} instances at most, and needed ${needed}`]),
      ...(most(minutes, 'cpu') > 0 ? [] : [`nobody told of the CPU of ${server}`]),
      ...(most(minutes, 'cpu') < CPU_TARGET ? [] : [`the CPU of ${server} was ${most(minutes, 'cpu')} % busy in a minute`]),
    ]),
    // It shrinks to where sessions are.
    ...left.flatMap((held, at) => (isShrunk(held, mission) ? [] : [`${servers[at]?.server} has ${held} sessions on instances in the end`])),
  ];
}

/** By CPU it does not grow, and that is the failure to be shown. */
function surprises({ minInstances }: Mission, { sessions, servers, problems }: MissionRun): readonly string[] {
  return [
    ...problems,
    ...(sessions.refused > 0 ? [] : ['no session was refused by CPU scaling']),
    ...servers.flatMap(({ server, minutes }) => [
      ...(most(minutes, 'cpu') > 0 ? [] : [`nobody told of the CPU of ${server}`]),
      ...(most(minutes, 'instances') === minInstances ? [] : [`${server} had ${most(minutes, 'instances')} instances by CPU`]),
    ]),
  ];
}

function factOf({ profile, names }: Mission, ours: MissionRun, byCpu: MissionRun, problems: readonly string[]): string {
  const instances = (run: MissionRun): number => sum(run.servers.map(({ minutes }) => most(minutes, 'instances')));
  const cpu = Math.max(...ours.servers.map(({ minutes }) => most(minutes, 'cpu')));
  const first = sum(ours.servers.map(({ minutes }) => minutes[0]?.instances ?? 0));
  return [
    `${profile.agents} agents × ${names.length} servers: from ${first} instances to ${instances(ours)} and back to ${ours.left.flat().length} with CPU below ${Math.ceil(cpu)} %`,
    `${ours.sessions.opened} sessions, ${ours.sessions.refused} refused; by CPU ${instances(byCpu)} instances, ${byCpu.sessions.refused} of ${byCpu.sessions.sought} refused`,
    `${problems.length} wrong`,
  ].join(', ');
}

function most<Name extends string>(minutes: readonly Partial<Record<Name, number | undefined>>[], name: Name): number {
  return Math.max(...minutes.map((minute) => minute[name] ?? 0));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
