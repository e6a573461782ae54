import type { TargetGroup } from '../alb/target-group';
import { type Failure, failureText, lastAnswerOf, speakerOf, tailsOf } from './failure';
import type { EcsMachine } from './machine';
import { ServiceNews } from './service-news';
import { Task } from './task';
import type { TaskDefinition } from './task-definition';

export interface ServiceSettings {
  readonly name: string;
  readonly arn: string;
  readonly cluster: string;
  readonly definition: TaskDefinition;
  /** Zones over which tasks are spread. */
  readonly zones: readonly string[];
  readonly targets: readonly { readonly group: TargetGroup; readonly containerPort: number }[];
  /** Seconds after a task's start in which failed target health checks do not count. */
  readonly gracePeriodSeconds: number;
}

/** Bounds for the end of a task, in milliseconds; used when the whole account stops. */
export interface StopLimits {
  readonly drainMs: number;
  readonly stopMs: number;
}

/** A replacement waits this long, doubled with each failure in a row, as ECS throttles tasks that fail to start. */
const FIRST_BACKOFF = 200;
const MAX_BACKOFF = 10_000;
/** A service none of whose tasks has been healthy, and of which this many have failed in a row, is wrong rather than slow. */
const HOPELESS_FAILURES = 3;
/** A new task that is not healthy after this many milliseconds is replaced, where its grace period is not longer. */
const HEALTHY_WITHIN = 60_000;
/** One that is not healthy after this many milliseconds is told of. */
const TOLD_AFTER = 15_000;

interface Member {
  readonly task: Task;
  readonly healthy: Set<TargetGroup>;
  leaving: boolean;
}

/** Keeps a number of tasks running and registered with their target groups. */
export class Service {
  private readonly members = new Set<Member>();
  private readonly departures = new Set<Promise<void>>();
  private desired = 0;
  private launching = 0;
  private failures = 0;
  private everHealthy = false;
  private lastFailure: Failure | undefined;
  private zone = 0;
  private stopped = false;
  private retry: NodeJS.Timeout | undefined;
  private readonly news: ServiceNews;

  constructor(
    readonly settings: ServiceSettings,
    private readonly machine: EcsMachine,
  ) {
    this.news = new ServiceNews(settings.name, settings.definition, machine.tell);
  }

  /** Tasks that run or are being started or stopped. */
  get tasks(): readonly Task[] {
    return [...this.members].map(({ task }) => task);
  }

  get desiredCount(): number {
    return this.desired;
  }

  /** Sets how many tasks shall run; tasks that hold sessions (task protection) are not taken by scale-in. */
  scaleTo(count: number): void {
    this.desired = count;
    this.reconcile();
  }

  /**
   * Resolves when as many tasks as desired are healthy.
   * @throws Error with the end of the failing container's log
   */
  async healthy(timeoutMs: number): Promise<void> {
    const end = Date.now() + timeoutMs;
    while (!this.isHealthy()) {
      if (this.failures >= HOPELESS_FAILURES && !this.everHealthy) throw new Error(this.complaint('its tasks fail again and again'));
      if (Date.now() > end) throw new Error(this.complaint(`it was not healthy within ${timeoutMs / 1000} s`));
      if (this.stopped) throw new Error(this.complaint('it was stopped'));
      await new Promise((next) => setTimeout(next, 25));
    }
  }

  /**
   * Replaces every task, one at a time: a new one is healthy before an old one leaves (minimum healthy percent 100).
   * @throws Error as {@link healthy} does
   */
  async redeploy(): Promise<void> {
    for (const old of [...this.members]) {
      this.scaleTo(this.desired + 1);
      await this.healthy(HEALTHY_WITHIN);
      this.desired--;
      const left = this.leave(old);
      this.reconcile(); // where the old one had failed meanwhile and been replaced, one is too many
      await left;
    }
  }

  isHealthy(): boolean {
    return [...this.members].filter((member) => !member.leaving && this.isServing(member)).length >= this.desired;
  }

  async stop(limits: StopLimits): Promise<void> {
    this.stopped = true;
    clearTimeout(this.retry);
    for (const member of this.members) void this.leave(member, limits);
    while (this.departures.size > 0) await Promise.all(this.departures);
  }

  /** Starts what is missing and stops what is too much. */
  private reconcile(): void {
    if (this.stopped) return;
    const staying = [...this.members].filter(({ leaving }) => !leaving);
    for (let missing = this.desired - staying.length - this.launching; missing > 0; missing--) void this.launch();
    const free = staying.filter(({ task }) => !task.isProtected);
    for (const member of free.slice(0, Math.max(0, staying.length - this.desired))) void this.leave(member);
  }

  private async launch(): Promise<void> {
    const { cluster, name, zones, definition } = this.settings;
    const zone = zones[this.zone++ % zones.length] as string;
    this.launching++;
    const task = await Task.create(definition, { cluster, service: name, zone }, this.machine);
    this.launching--;
    const member: Member = { task, healthy: new Set(), leaving: false };
    this.members.add(member);
    if (this.stopped) return this.leave(member, { drainMs: 0, stopMs: 0 });
    void task.failed.then((why) => this.replace(member, why));
    this.news.watchOthers(task);
    this.watchStart(member);
    await task.start();
    if (!member.leaving && task.running) this.register(member);
  }

  private register(member: Member): void {
    const { targets, gracePeriodSeconds, definition } = this.settings;
    const startedAt = Date.now();
    const grace = gracePeriodSeconds * 1000;
    for (const { group, containerPort } of targets) {
      const port = member.task.localPort(containerPort);
      const healthPort = member.task.localPort(group.settings.healthCheck.port ?? containerPort);
      if (port === undefined || healthPort === undefined) {
        const missing = port === undefined ? containerPort : group.settings.healthCheck.port;
        this.replace(member, { what: `no container of ${definition.family} listens on port ${missing}` });
        return;
      }
      group.register(member.task.id, port, healthPort, (health) => {
        if (health === 'healthy') return this.becameHealthy(member, group);
        const what = `is not healthy any more; last health answer: ${this.answerOf(member)}`;
        if (Date.now() - startedAt > grace) return this.replace(member, { what, container: speakerOf(member.task) });
        member.healthy.delete(group);
        this.news.waiting(member.task, what);
      });
    }
    if (targets.length === 0) this.becameHealthy(member, undefined);
  }

  /** Tells of a task that takes long to become healthy, and replaces it in the end. */
  private watchStart(member: Member): void {
    const limit = Math.max(this.settings.gracePeriodSeconds * 1000, HEALTHY_WITHIN);
    const late = (after: number, then: (what: string) => void): void => {
      const timer = setTimeout(() => {
        if (member.leaving || this.stopped || this.isServing(member)) return;
        then(`is not healthy after ${after / 1000} s; last health answer: ${this.answerOf(member)}`);
      }, after);
      timer.unref();
    };
    late(TOLD_AFTER, (what) => this.news.waiting(member.task, what));
    late(limit, (what) => this.replace(member, { what, container: speakerOf(member.task) }));
  }

  private isServing({ task, healthy }: Member): boolean {
    return task.running && healthy.size === this.settings.targets.length;
  }

  private becameHealthy(member: Member, group: TargetGroup | undefined): void {
    if (group) member.healthy.add(group);
    this.everHealthy = true;
    this.failures = 0;
    if (this.isHealthy()) this.news.healthy();
  }

  private replace(member: Member, why: Failure): void {
    if (member.leaving || this.stopped) return;
    this.lastFailure = why;
    const backoff = Math.min(MAX_BACKOFF, FIRST_BACKOFF * 2 ** this.failures++);
    this.news.failed(member.task, why, backoff);
    void this.leave(member);
    clearTimeout(this.retry);
    this.retry = setTimeout(() => this.reconcile(), backoff);
  }

  /** Out of the target groups, drained, then SIGTERM, stop timeout, SIGKILL. */
  private leave(member: Member, limits?: StopLimits): Promise<void> {
    if (member.leaving) {
      // A departure that is under way is hurried when the whole account stops.
      if (limits) void member.task.stop(limits.stopMs);
      return Promise.resolve();
    }
    member.leaving = true;
    const departure = this.depart(member, limits).finally(() => this.departures.delete(departure));
    this.departures.add(departure);
    return departure;
  }

  private async depart(member: Member, limits?: StopLimits): Promise<void> {
    const { task } = member;
    const alive = task.containers.every(({ essential, pid }) => !essential || pid !== undefined);
    // A target whose process is gone has nothing left to drain.
    const drainMs = alive ? limits?.drainMs : 0;
    await Promise.all(this.settings.targets.map(({ group }) => group.deregister(task.id, drainMs)));
    await task.stop(limits?.stopMs);
    this.members.delete(member);
  }

  private answerOf({ task }: Member): string {
    return lastAnswerOf(
      task,
      this.settings.targets.map(({ group }) => group),
    );
  }

  private complaint(what: string): string {
    const { name, definition, targets } = this.settings;
    const pending = [...this.members].filter(({ leaving, healthy }) => !leaving && healthy.size < targets.length);
    const subject = definition.server === undefined ? `Service ${name}` : `Server ${definition.server} (service ${name})`;
    return [
      `${subject}: ${what}.`,
      ...(this.lastFailure ? [`  last failure: ${failureText(this.lastFailure)}`] : []),
      ...pending.flatMap((member) => [`  health of task ${member.task.id.slice(0, 8)}: ${this.answerOf(member)}`, ...tailsOf(member.task)]),
    ].join('\n');
  }
}
