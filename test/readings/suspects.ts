import type { Bench } from './bench';
import { type Finding, isPlainer, type Passing } from './finding';
import { forEach } from './for-each';
import type { Case } from './generator/case';
import type { HealthWatch } from './health';
import { type Leak, lookForLeak } from './leaks';
import { observe } from './observe';
import { judge } from './properties/judge';
import { deviations, PROPERTIES, type PropertyName, type Violation } from './properties/observation';
import { shrink } from './shrink';

/** Cases that fail in one property for the same deviations. */
interface Group {
  readonly violation: Violation;
  readonly subjects: Case[];
}

/** How failures are looked at again. */
export interface Inspection {
  /** Ends with the first that is seen again. */
  readonly untilFirst: boolean;
  readonly signal: AbortSignal;
}

/** Groups that are looked at more closely at a time. */
const AT_ONCE = 6;
/** Cases of one group that are looked at. */
const LOOKED_AT = 2;

/** Cases that failed while others were under way. */
export class Suspects {
  private readonly groups = new Map<string, Group>();
  private readonly failed = new Set<number>();
  private readonly leaks: Leak[] = [];
  private readonly findings: Finding[] = [];
  private readonly passing: Passing[] = [];

  get cases(): number {
    return this.failed.size + this.leaks.length;
  }

  add(subject: Case, violation: Violation): void {
    this.failed.add(subject.index);
    const name = `${violation.property}: ${deviations(subject).join(' ')}`;
    const group = this.groups.get(name);
    if (group === undefined) this.groups.set(name, { violation, subjects: [subject] });
    else if (!group.subjects.some(({ index }) => index === subject.index)) group.subjects.push(subject);
  }

  /** It silenced the gateway when it was alone. */
  addSilence(subject: Case): void {
    this.failed.add(subject.index);
    this.findings.push({ property: 'health', detail: 'the gateway fell silent', subject, shrunk: subject, alike: 1 });
  }

  addLeaks(leaks: readonly Leak[]): void {
    this.leaks.push(...leaks);
  }

  /** Cases that failed in each property, once at least. */
  counts(): Record<PropertyName, number> {
    const counts = Object.fromEntries(Object.keys(PROPERTIES).map((name) => [name, 0])) as Record<PropertyName, number>;
    for (const { violation, subjects } of this.groups.values()) counts[violation.property] += subjects.length;
    counts.release += this.leaks.length;
    counts.health += this.findings.filter(({ property }) => property === 'health').length;
    return counts;
  }

  /** Plays them again, few at a time, and makes plainer what fails again. */
  async confirm(inspection: Inspection, bench: Bench, watch: HealthWatch): Promise<{ findings: Finding[]; passing: Passing[] }> {
    const over = () => inspection.signal.aborted || (inspection.untilFirst && this.findings.length > 0);
    const disturbed: Group[] = [];
    const plainestFirst = [...this.groups.values()].sort((a, b) => oddity(a) - oddity(b));
    await forEach(plainestFirst, AT_ONCE, async (group) => {
      const before = watch.silences;
      await this.look(group, bench, () => over() || watch.silences > before);
      if (watch.silences > before) disturbed.push(group);
    });
    // Which of several has silenced the gateway shows when each is alone.
    for (const group of disturbed) if (!over()) await this.lookAlone(group, bench, watch, over);
    const leaks = this.leaks.filter(({ server }, at) => this.leaks.findIndex((leak) => leak.server === server) === at);
    for (const leak of leaks) if (!over()) await this.lookForLeak(leak, bench, over);
    return { findings: this.findings, passing: this.passing };
  }

  private async look({ violation, subjects }: Group, bench: Bench, over: () => boolean): Promise<void> {
    for (const subject of subjects.slice(0, LOOKED_AT)) {
      // What a plainer case has shown to fail already is no news.
      if (over() || this.findings.some((known) => known.property === violation.property && isPlainer(known.shrunk, subject))) return;
      const finding = await lookAt(subject, violation, subjects.length, bench);
      if (over()) return;
      if (finding !== undefined) return void this.findings.push(finding);
      this.passing.push({ subject, violation });
    }
  }

  private async lookForLeak(leak: Leak, bench: Bench, over: () => boolean): Promise<void> {
    const finding = await lookForLeak(leak, bench, over);
    const [subject] = leak.subjects;
    if (finding !== undefined) this.findings.push(finding);
    else if (subject !== undefined) {
      const detail = `${leak.inUse} slots of ${leak.server} stayed in use behind ${leak.subjects.length} cases`;
      this.passing.push({ subject, violation: { property: 'release', detail } });
    }
  }

  private async lookAlone(group: Group, bench: Bench, watch: HealthWatch, over: () => boolean): Promise<void> {
    const before = watch.silences;
    await this.look(group, bench, () => over() || watch.silences > before);
    const [subject] = group.subjects as [Case];
    if (watch.silences === before) return;
    this.findings.push({ property: 'health', detail: 'the gateway fell silent', subject, shrunk: subject, alike: group.subjects.length });
  }
}

function oddity({ subjects }: Group): number {
  return deviations(subjects[0] as Case).length;
}

async function lookAt(subject: Case, { property }: Violation, alike: number, bench: Bench): Promise<Finding | undefined> {
  const found = judge(await observe(subject, bench));
  if (!found.some((violation) => violation.property === property)) return undefined;
  const shrunk = await shrink(subject, found, property, bench);
  const detail = shrunk.violations.find((violation) => violation.property === property)?.detail ?? '';
  return { property, detail, subject, shrunk: shrunk.subject, alike };
}
