import type { Bench } from './bench';
import type { Finding, Passing } from './finding';
import { forEach } from './for-each';
import { allValues, type Case, caseOf } from './generator/case';
import { HealthWatch } from './health';
import { leaksOf } from './leaks';
import { observe } from './observe';
import { judge } from './properties/judge';
import type { PropertyName, Violation } from './properties/observation';
import { type Inspection, Suspects } from './suspects';

export interface CampaignPlan extends Inspection {
  readonly seed: string;
  readonly cases: number;
  readonly progress: (done: number, suspects: number) => void;
  /** Told of every failure as soon as it is seen. */
  readonly failed: (subject: Case, violation: Violation) => void;
}

/** How many cases had a value of a dimension. */
type Coverage = Record<string, Record<string, number>>;

export interface CampaignResult {
  readonly cases: number;
  /** Those that failed at least once. */
  readonly failed: number;
  /** Cases that had been played when the first one failed. */
  readonly foundAfter?: number;
  readonly findings: readonly Finding[];
  readonly passing: readonly Passing[];
  readonly covered: Readonly<Coverage>;
  /** Values that never occurred. */
  readonly uncovered: readonly string[];
  readonly failing: Readonly<Record<PropertyName, number>>;
  /** Executions of tools that went through the fleet. */
  readonly executions: number;
  /** Times at which the gateway was silent and was started again. */
  readonly silences: number;
  /** Seconds that the cases took, without looking at failures again. */
  readonly playedSeconds: number;
  readonly seconds: number;
}

/** Cases that are under way at a time. */
const AT_ONCE = 24;
/** Cases after which nothing may be left open; fewer where the first failure is looked for. */
const ROUND = { all: 240, untilFirst: 48 };

/** Plays the cases of a seed, round by round, and looks again at what failed. */
export async function runCampaign(plan: CampaignPlan, bench: Bench): Promise<CampaignResult> {
  const startedAt = Date.now();
  const watch = new HealthWatch(bench.fleet.gateway);
  const suspects = new Suspects();
  const covered: Coverage = {};
  let executions = 0;
  let done = 0;
  let foundAfter: number | undefined;
  const play = async (subject: Case): Promise<void> => {
    if (plan.signal.aborted) return;
    const before = watch.silences;
    const observation = await observe(subject, bench);
    if (watch.silences > before) return void disturbed.push(subject);
    cover(subject, covered);
    executions += observation.fleetDeeds.filter(({ what }) => what === 'executed').length;
    for (const violation of judge(observation)) {
      suspects.add(subject, violation);
      plan.failed(subject, violation);
    }
    done++;
    if (suspects.cases > 0) foundAfter ??= done;
    plan.progress(done, suspects.cases);
  };
  /** The gateway was started again while they were under way. */
  const disturbed: Case[] = [];
  try {
    const size = plan.untilFirst ? ROUND.untilFirst : ROUND.all;
    for (let from = 0; from < plan.cases && !plan.signal.aborted; from += size) {
      const round = Array.from({ length: Math.min(size, plan.cases - from) }, (_, at) => caseOf(plan.seed, from + at));
      await forEach(round, AT_ONCE, play);
      const leaks = await leaksOf(round, bench);
      if (disturbed.length === 0) suspects.addLeaks(leaks);
      for (const subject of disturbed.splice(0)) {
        const before = watch.silences;
        await play(subject);
        if (watch.silences > before) suspects.addSilence(subject);
      }
      disturbed.length = 0;
      if (plan.untilFirst && suspects.cases > 0 && (await suspects.confirm(plan, bench, watch)).findings.length > 0) break;
    }
    foundAfter ??= suspects.cases > 0 ? done : undefined;
    const playedSeconds = secondsSince(startedAt);
    const looked = await suspects.confirm(plan, bench, watch);
    return {
      cases: done,
      failed: suspects.cases,
      ...(foundAfter !== undefined && { foundAfter }),
      ...looked,
      covered,
      uncovered: missingIn(covered),
      failing: suspects.counts(),
      executions,
      silences: watch.silences,
      playedSeconds,
      seconds: secondsSince(startedAt),
    };
  } finally {
    await watch.stop();
  }
}

function cover({ values }: Case, covered: Coverage): void {
  for (const [name, value] of Object.entries(values)) {
    covered[name] ??= {};
    covered[name][value] = (covered[name][value] ?? 0) + 1;
  }
}

function missingIn(covered: Coverage): string[] {
  return [...allValues()].filter(([name, value]) => covered[name]?.[value] === undefined).map(([name, value]) => `${name}=${value}`);
}

function secondsSince(moment: number): number {
  return Math.round((Date.now() - moment) / 1000);
}
