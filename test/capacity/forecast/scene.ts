import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { assemblySide } from '../../../bin/compared-sides';
import { plannedServers } from '../../../bin/plan/servers';
import type { Outcome } from '../../../core/sizing/outcome';
import { simulate } from '../../../core/sizing/simulation';
import { fleetsInApp } from '../../../meaning/fleets-in-app';
import { readFleets } from '../../../meaning/read-fleets';
import type { Stage } from '../../suites/suite';
import { writeMeasured } from '../measured';
import { FORECAST } from '../mission/forms';
import { runMission } from '../mission/run-mission';
import type { Scene } from '../scene';
import { type Compared, type Course, courseOf, flawsOf, isWithinSpread, tableOf } from './course';

/** The seed of each live run. */
const SEEDS = [1, 2, 3];

/**
 * What passes here beside the start itself, in seconds: scaling waits for lines of metrics for a quarter of a second, and the balancer asks
 * a new target for its health five times in one.
 */
const LATE_SECONDS = 0.35;

/** Three live runs, and what `mcp-fleet plan` simulates of the same app under the same agents. */
export const playForecast: Scene = async ({ write }, stage) => {
  const runs: Compared[] = [];
  for (const seed of SEEDS) {
    stage.signal.throwIfAborted();
    const run = await played(seed, stage);
    runs.push(run);
    stage.say(`  ${JSON.stringify(run)}`);
  }
  const problems = runs.flatMap(({ live, simulated }) => flawsOf(live, simulated));
  const lives = runs.map(({ live }) => live);
  const within = (['p50', 'p95', 'max'] as const).map((name) => {
    const count = runs.filter(({ simulated }) => isWithinSpread(simulated, lives, name)).length;
    return `${name} in ${count}`;
  });
  if (write) writeMeasured('plan.md', tableOf(FORECAST, runs));
  const shown = (courses: readonly Course[]): string => courses.map(({ most, end }) => `${most} and ${end}`).join(', ');
  return {
    passed: problems.length === 0,
    fact: `instances at most and in the end, live ${shown(lives)}; simulated ${shown(runs.map(({ simulated }) => simulated))}; waits within the spread of the live ones, of ${runs.length}: ${within.join(', ')}; ${problems.length} wrong`,
    figures: { runs, problems },
  };
};

async function played(seed: number, stage: Stage): Promise<Compared> {
  const scratch = join(stage.scratch, `seed-${seed}`);
  mkdirSync(scratch);
  const mission = { ...FORECAST, profile: { ...FORECAST.profile, seed } };
  const [run] = await runMission(mission, ['sessions'], { ...stage, scratch });
  const record = run?.servers[0];
  if (run === undefined || record === undefined || run.problems.length > 0)
    throw new Error(`A live run went wrong: ${run?.problems.slice(0, 3)}`);
  const startSeconds = (record.startSeconds ?? 0) + LATE_SECONDS;
  // What a start takes differs from machine to machine: `--start-seconds` is for that.
  const [planned] = plannedServers(fleetsInApp(readFleets(assemblySide(join(scratch, 'cdk.out')).stacks)), [], { startSeconds });
  if (planned === undefined) throw new Error('the assembly of the live run has no server');
  const outcome: Outcome = simulate(planned.size, mission.profile, planned.deployed, mission.speed);
  return {
    live: courseOf({ minutes: record.minutes, waits: record.waits, refused: record.sessions.refused }),
    simulated: courseOf({ minutes: outcome.minutes, waits: outcome.waits, refused: outcome.sessions.refused }),
    startSeconds,
  };
}
