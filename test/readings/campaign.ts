import type { Bench } from './bench';
import type { Part } from './fleet/fleet';
import { allValues, type Case, caseOf } from './generator/case';
import { HealthWatch } from './health';
import { observe } from './observe';
import { judge } from './properties/judge';
import { deviations, type Observation, PROPERTIES, type PropertyName, type Violation } from './properties/observation';
import { shrink } from './shrink';

export interface CampaignPlan {
  readonly seed: string;
  readonly cases: number;
  /** Ends at the first violation that is seen again. */
  readonly untilFirst: boolean;
  readonly signal: AbortSignal;
  readonly progress: (done: number, suspects: number) => void;
}

/** A case that fails, and does so again when nothing else is under way. */
export interface Finding {
  readonly property: PropertyName;
  readonly detail: string;
  /** As it was generated. */
  readonly subject: Case;
  /** Made plainer; the same where that was not tried. */
  readonly shrunk: Case;
  /** Cases that fail in the same property for the same deviation. */
  readonly alike: number;
  /** Absent where it silenced the gateway, or was not played again. */
  readonly observation?: Observation;
}

/** A case that failed once. */
interface Passing {
  readonly subject: Case;
  readonly violation: Violation;
}

export interface CampaignResult {
  readonly cases: number;
  readonly findings: readonly Finding[];
  /** Failed once, among others, and not again alone. */
  readonly passing: readonly Passing[];
  /** Cases by dimension and value. */
  readonly covered: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** Values that never occurred. */
  readonly uncovered: readonly string[];
  readonly failing: Readonly<Record<PropertyName, number>>;
  readonly executions: number;
  /** Times at which the gateway was silent and was started again. */
  readonly silences: number;
  /** Seconds that the cases took, without looking at failures again. */
  readonly playedSeconds: number;
  readonly seconds: number;
}

/** Cases that are under way at a time. */
const AT_ONCE = 24;
/** Cases after which nothing may be left open. */
const ROUND = 240;
/** Cases that are looked at more closely at a time. */
const CLOSELY_AT_ONCE = 6;
/** Cases of one kind of failure that are looked at more closely. */
const LOOKED_AT = 2;

export async function runCampaign(plan: CampaignPlan, bench: Bench): Promise<CampaignResult> {
  const startedAt = Date.now();
  const watch = new HealthWatch(bench.fleet.gateway);
  const suspects = new Suspects();
  const covered: Record<string, Record<string, number>> = {};
  let executions = 0;
  let done = 0;
  try {
    for (let from = 0; from < plan.cases && !plan.signal.aborted; from += ROUND) {
      const round = Array.from({ length: Math.min(ROUND, plan.cases - from) }, (_, at) => caseOf(plan.seed, from + at));
      await forEach(round, AT_ONCE, async (subject) => {
        if (plan.signal.aborted) return;
        for (const [name, value] of Object.entries(subject.values)) {
          covered[name] ??= {};
          covered[name][value] = (covered[name][value] ?? 0) + 1;
        }
        const observation = await observe(subject, bench);
        executions += observation.fleetDeeds.filter(({ what }) => what === 'executed').length;
        for (const violation of judge(observation)) suspects.add(subject, violation);
        plan.progress(++done, suspects.cases);
      });
      await suspectLeaks(round, suspects, bench);
      if (plan.untilFirst && suspects.cases > 0) break;
    }
    const playedSeconds = secondsSince(startedAt);
    const { findings, passing } = await suspects.confirm(plan, bench, watch);
    return {
      cases: done,
      findings,
      passing,
      covered,
      uncovered: uncovered(covered),
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

function secondsSince(moment: number): number {
  return Math.round((Date.now() - moment) / 1000);
}

function uncovered(covered: Readonly<Record<string, Readonly<Record<string, number>>>>): string[] {
  return [...allValues()].filter(([name, value]) => covered[name]?.[value] === undefined).map(([name, value]) => `${name}=${value}`);
}

/** Slots in use when no case is under way: what is left is a leak of one of the round. */
async function suspectLeaks(round: readonly Case[], suspects: Suspects, bench: Bench): Promise<void> {
  for (const [server, sidecar] of Object.entries(bench.fleet.sidecars)) {
    const inUse = await slotsInUse(sidecar.url);
    if (inUse === 0) continue;
    const own = round.filter(({ values }) => values.server === server);
    suspects.addLeak(server, inUse, own);
    await sidecar.restart(); // the next round begins with none in use
  }
}

/** Slots of a sidecar in use, once it has had time to let them go. */
async function slotsInUse(url: string): Promise<number> {
  let inUse = 0;
  for (let tries = 0; tries < 20; tries++) {
    inUse = ((await (await fetch(`${url}/readyz`)).json()) as { slotsInUse: number }).slotsInUse;
    if (inUse === 0) return 0;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return inUse;
}

/** Cases that fail in one property for the same deviations. */
interface Group {
  readonly violation: Violation;
  readonly subjects: Case[];
}

/** Slots that were in use when all cases of a round were over. */
interface Leak {
  readonly server: string;
  readonly inUse: number;
  readonly subjects: readonly Case[];
}

/** Cases that failed while others were under way. */
class Suspects {
  private readonly groups = new Map<string, Group>();
  private readonly failed = new Set<number>();
  private readonly leaks: Leak[] = [];

  get cases(): number {
    return this.failed.size + this.leaks.length;
  }

  /** Violations of one property with one deviation are one kind of failure. */
  add(subject: Case, violation: Violation): void {
    this.failed.add(subject.index);
    const name = `${violation.property}: ${deviations(subject).join(' ')}`;
    const group = this.groups.get(name);
    if (group === undefined) this.groups.set(name, { violation, subjects: [subject] });
    else if (!group.subjects.some(({ index }) => index === subject.index)) group.subjects.push(subject);
  }

  addLeak(server: string, inUse: number, subjects: readonly Case[]): void {
    this.leaks.push({ server, inUse, subjects });
  }

  counts(): Record<PropertyName, number> {
    const counts = Object.fromEntries(Object.keys(PROPERTIES).map((name) => [name, 0])) as Record<PropertyName, number>;
    for (const { violation, subjects } of this.groups.values()) counts[violation.property] += subjects.length;
    counts.release += this.leaks.length;
    return counts;
  }

  /** Plays them again, few at a time, and makes plainer what fails again. */
  async confirm(plan: CampaignPlan, bench: Bench, watch: HealthWatch): Promise<Pick<CampaignResult, 'findings' | 'passing'>> {
    const findings: Finding[] = [];
    const passing: Passing[] = [];
    const disturbed: Group[] = [];
    const over = () => plan.signal.aborted || (plan.untilFirst && findings.length > 0);
    const look = async (group: Group, alone: boolean): Promise<void> => {
      const { violation, subjects } = group;
      for (const subject of subjects.slice(0, LOOKED_AT)) {
        // What a plainer case has shown to fail already is no news.
        if (over() || findings.some((known) => known.property === violation.property && isPlainer(known.shrunk, subject))) return;
        const before = watch.silences;
        const finding = await lookAt(subject, violation, subjects.length, bench);
        const silent = watch.silences > before;
        if (silent && !alone) return void disturbed.push(group);
        if (silent) findings.push({ ...wrong(subject, subjects.length), property: 'health', detail: 'the gateway fell silent' });
        else if (finding !== undefined) findings.push(finding);
        else passing.push({ subject, violation });
        if (finding !== undefined || silent) return;
      }
    };
    const plainestFirst = [...this.groups.values()].sort((a, b) => oddity(a) - oddity(b));
    await forEach(plainestFirst, CLOSELY_AT_ONCE, (group) => look(group, false));
    for (const group of disturbed) await look(group, true);
    // One leak of a server explains those of other rounds, as a rule.
    const leaks = this.leaks.filter(({ server }, at) => this.leaks.findIndex((leak) => leak.server === server) === at);
    for (const leak of leaks) if (!over()) findings.push(await lookForLeak(leak, bench, over));
    return { findings, passing };
  }
}

const oddity = ({ subjects }: Group) => deviations(subjects[0] as Case).length;

const wrong = (subject: Case, alike: number) => ({ subject, shrunk: subject, alike });

async function lookAt(subject: Case, { property }: Violation, alike: number, bench: Bench): Promise<Finding | undefined> {
  const observation = await observe(subject, bench);
  const found = judge(observation);
  const same = found.find((violation) => violation.property === property);
  if (same === undefined) return undefined;
  const shrunk = await shrink(subject, found, property, bench);
  const detail = shrunk.violations.find((violation) => violation.property === property)?.detail ?? same.detail;
  return { property, detail, subject, shrunk: shrunk.subject, alike, observation };
}

/** Finds a case of a round that leaves a slot in use: plays halves of what may have done it. */
async function lookForLeak({ server, inUse, subjects }: Leak, bench: Bench, over: () => boolean): Promise<Finding> {
  const sidecar = bench.fleet.sidecars[server] as Part;
  const detail = `slots of ${server} stay in use: ${inUse} after its round`;
  let suspects = subjects;
  while (suspects.length > 1 && !over()) {
    const half = suspects.slice(0, Math.ceil(suspects.length / 2));
    await forEach(half, AT_ONCE, async (subject) => void (await observe(subject, bench)));
    const leaks = (await slotsInUse(sidecar.url)) > 0;
    if (leaks) await sidecar.restart();
    suspects = leaks ? half : suspects.slice(half.length);
  }
  return { property: 'release', detail, ...wrong(suspects[0] as Case, inUse) };
}

/** Whether all that is odd about one case is odd about the other, too. */
function isPlainer(plainer: Case, other: Case): boolean {
  return deviations(plainer).every((deviation) => deviations(other).includes(deviation)) && deviations(plainer).length > 0;
}

async function forEach<T>(items: readonly T[], atOnce: number, work: (item: T) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async () => {
    for (let item = items[next++]; item !== undefined; item = items[next++]) await work(item);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}
