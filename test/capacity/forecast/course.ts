import type { Minute, Waits } from '../../../core/sizing/outcome';
import type { Mission } from '../mission/mission';

/** What became of a load, live or simulated. */
export interface Course {
  /** Instances: at most, on average and in the end. */
  readonly most: number;
  readonly mean: number;
  readonly end: number;
  /** In milliseconds. */
  readonly waits: Waits;
  readonly refused: number;
}

/** A live run, and the simulation of it. */
export interface Compared {
  readonly live: Course;
  readonly simulated: Course;
  /** Of an instance, in seconds of the machine on which it ran. */
  readonly startSeconds: number;
}

/** Instances that a simulation may be wrong by. */
const NEAR = 1;

export function courseOf({
  minutes,
  waits,
  refused,
}: {
  readonly minutes: readonly Minute[];
  readonly waits: Waits;
  readonly refused: number;
}): Course {
  const counts = minutes.map(({ instances }) => instances);
  return {
    most: Math.max(...counts),
    mean: counts.reduce((sum, count) => sum + count, 0) / counts.length,
    end: counts.at(-1) ?? 0,
    waits,
    refused,
  };
}

/** By what the simulation is wrong, and should not be. */
export function flawsOf(live: Course, simulated: Course): readonly string[] {
  return (['most', 'mean', 'end'] as const).flatMap((name) =>
    Math.abs(live[name] - simulated[name]) <= NEAR
      ? []
      : [`${name}: ${live[name].toFixed(1)} instances live, ${simulated[name].toFixed(1)} simulated`],
  );
}

/** Whether a wait is such as live runs have. @param name `max` is that of one session, and of no share of them: chance moves it most */
export function isWithinSpread({ waits }: Course, lives: readonly Course[], name: keyof Course['waits']): boolean {
  const seen = lives.map((live) => live.waits[name]);
  return waits[name] >= Math.min(...seen) && waits[name] <= Math.max(...seen);
}

/** For docs/plan.md. */
export function tableOf({ profile, perInstance, minInstances, speed }: Mission, runs: readonly Compared[]): string {
  const rows = runs.flatMap(({ live, simulated }, at) => [rowOf(`run ${at + 1}, live`, live), rowOf('simulated', simulated)]);
  return [
    `${profile.agents} agents, ${minInstances} instances of ${perInstance} slots to begin with, ${speed} times as fast as in AWS; waits are in milliseconds of the machine.`,
    '',
    '| | instances at most | on average | in the end | wait p50 | p95 | max | refused |',
    '|---|---|---|---|---|---|---|---|',
    ...rows,
  ].join('\n');
}

function rowOf(name: string, { most, mean, end, waits, refused }: Course): string {
  const cells = [name, most, mean.toFixed(1), end, ...[waits.p50, waits.p95, waits.max].map(Math.round), refused];
  return `| ${cells.join(' | ')} |`;
}
