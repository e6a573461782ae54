import type { StopLimits } from '../local-account';
import { Deployment, type DeploymentDescription, DeploymentFailed, type GivenUpBy } from './deployment';
import { DEFAULT_CIRCUIT_BREAKER, DEFAULT_CONFIGURATION, failureThreshold, taskLimits } from './deployment-configuration';
import { Deployments } from './deployments';
import { type Failure, failureText, tailsOf } from './failure';
import type { EcsMachine } from './machine';
import { planRollout, type RolloutPlan } from './rollout';
import { type ServiceEvent, ServiceEvents } from './service-events';
import { ServiceNews } from './service-news';
import { isSameRevision, type ServiceSettings } from './service-settings';
import { ServiceTask, type ServiceTaskWatcher } from './service-task';
import type { Task, TaskScheduler } from './task';

export type { ServiceSettings, StopLimits };

/** What UpdateService may change; what is absent stays. */
export interface DeploymentChange
  extends Partial<Pick<ServiceSettings, 'definition' | 'targets' | 'gracePeriodSeconds' | 'deploymentConfiguration'>> {
  readonly desiredCount?: number;
  /** Replaces every task, also where nothing has changed. */
  readonly forceNewDeployment?: boolean;
}

/** A service none of whose tasks has been healthy, and of which this many have failed in a row, is wrong rather than slow. */
const HOPELESS_FAILURES = 3;

/** Keeps a number of tasks running and registered with their target groups, and replaces them by rolling deployments. */
export class Service implements TaskScheduler {
  private readonly members = new Set<ServiceTask>();
  private readonly departures = new Set<Promise<void>>();
  private readonly generations: Deployments;
  private readonly journal: ServiceEvents;
  private readonly watcher: ServiceTaskWatcher;
  private current: ServiceSettings;
  private desired = 0;
  private everHealthy = false;
  private steady = false;
  private blocked: RolloutPlan<ServiceTask>['blocked'];
  private lastFailure: Failure | undefined;
  private readonly news: ServiceNews;
  private zone = 0;
  private stopped = false;
  private wake: NodeJS.Timeout | undefined;

  constructor(
    settings: ServiceSettings,
    private readonly machine: EcsMachine,
  ) {
    this.current = settings;
    this.journal = new ServiceEvents(settings.name);
    this.generations = new Deployments(settings, this.journal);
    this.news = new ServiceNews(settings.name, settings.definition, machine.tell);
    this.watcher = {
      started: (task) => {
        this.journal.tell(`has started 1 tasks: (task ${task.id}).`);
        this.news.watchOthers(task);
      },
      waiting: (task, what) => this.news.waiting(task, what),
      registered: ({ settings: { arn } }) => this.journal.tell(`registered 1 targets in (target-group ${arn})`),
      becameHealthy: (member) => this.becameHealthy(member),
      becameUnhealthy: () => this.reconcile(),
      failed: (member, why) => this.replace(member, why),
    };
  }

  /** As the newest deployment has them. */
  get settings(): ServiceSettings {
    return this.current;
  }

  /** Tasks that run or are being started or stopped. */
  get tasks(): readonly Task[] {
    return [...this.members].flatMap(({ task }) => task ?? []);
  }

  get desiredCount(): number {
    return this.desired;
  }

  /** The PRIMARY one first. */
  deployments(): readonly DeploymentDescription[] {
    const { primary, overtaken } = this.generations;
    return [primary, ...overtaken].map((deployment) => deployment.describe(this.staying(deployment), this.desired));
  }

  /** The newest first, and not more than a hundred. */
  events(): readonly ServiceEvent[] {
    return this.journal.list();
  }

  /** Whether the deployment that a task belongs to is no longer the PRIMARY one. */
  isOutdated(task: Task): boolean {
    return [...this.members].find((member) => member.task === task)?.deployment !== this.generations.primary;
  }

  /** Sets how many tasks shall run; tasks that hold sessions (task protection) are not taken by scale-in. */
  scaleTo(count: number): void {
    if (count > this.desired) this.generations.grow(count - this.desired);
    this.desired = count;
    this.reconcile();
  }

  /**
   * Deploys, as UpdateService does: another task definition or other target groups begin a deployment, and so does force; another
   * count or configuration alone does not. Resolves when the service is steady with it: every task of it healthy in each target
   * group, and all others gone.
   * @param options.signal cancels it: what was COMPLETED last is brought back
   * @throws DeploymentFailed when it failed or was cancelled, and was rolled back where that is possible
   * @throws DeploymentSuperseded when a later one has overtaken it
   */
  async deploy(change: DeploymentChange, { signal }: { readonly signal?: AbortSignal } = {}): Promise<void> {
    const { desiredCount, forceNewDeployment = false, ...settings } = change;
    signal?.throwIfAborted();
    if (this.stopped) throw this.failure('the service was deleted');
    const before = this.current;
    this.current = { ...before, ...settings };
    if (forceNewDeployment || !isSameRevision(before, this.current)) this.begin(new Deployment(this.current));
    if (desiredCount !== undefined) this.desired = desiredCount;
    const { primary } = this.generations;
    const steady = primary.wait();
    const cancel = (): void => this.cancel(primary);
    signal?.addEventListener('abort', cancel);
    if (primary.rolloutState === 'FAILED') primary.reject(this.failure(primary.rolloutStateReason));
    this.reconcile();
    await steady.finally(() => signal?.removeEventListener('abort', cancel));
  }

  /** Gives up what is under way; what was COMPLETED last is brought back. */
  cancelDeployment(): void {
    const { primary } = this.generations;
    if (primary.rolloutState === 'IN_PROGRESS' && !primary.rollback) this.cancel(primary);
  }

  /**
   * Resolves when as many tasks as desired are healthy.
   * @throws Error with the end of the failing container's log
   */
  async healthy(timeoutMs: number): Promise<void> {
    const end = Date.now() + timeoutMs;
    while (!this.isHealthy()) {
      if (this.isHopeless()) throw new Error(this.complaint('its tasks fail again and again'));
      if (Date.now() > end) throw new Error(this.complaint(`it was not healthy within ${timeoutMs / 1000} s`));
      if (this.stopped) throw new Error(this.complaint('it was stopped'));
      await new Promise((next) => setTimeout(next, 25));
    }
  }

  isHealthy(): boolean {
    return [...this.members].filter(({ isHealthy }) => isHealthy).length >= this.desired;
  }

  /** Deletes the service: each task leaves its target groups, is drained and stopped. Protection is from scale-in only. */
  remove(): Promise<void> {
    this.desired = 0;
    return this.end('the service was deleted');
  }

  stop(limits: StopLimits): Promise<void> {
    return this.end('the service was stopped', limits);
  }

  get isDeploymentBlocked(): boolean {
    return this.staying().filter(({ isProtected }) => isProtected).length > this.desired;
  }

  protectionChanged(): void {
    this.reconcile();
  }

  private async end(why: string, limits?: StopLimits): Promise<void> {
    this.stopped = true;
    clearTimeout(this.wake);
    this.generations.end(this.failure(why));
    for (const member of this.members) void this.leave(member, limits);
    while (this.departures.size > 0) await Promise.all(this.departures);
  }

  /** Tasks that are not on their way out. */
  private staying(deployment?: Deployment): ServiceTask[] {
    return [...this.members].filter((member) => !member.leaving && (deployment === undefined || member.deployment === deployment));
  }

  /** Starts what is missing and stops what is too much. */
  private reconcile(): void {
    if (this.stopped) return;
    const { primary, overtaken } = this.generations;
    const plan = planRollout({
      desired: this.desired,
      ...taskLimits(this.configuration, this.desired),
      stopping: [...this.members].filter(({ leaving }) => leaving).length,
      primary: this.asPlanned(primary),
      overtaken: overtaken.map((deployment) => this.asPlanned(deployment)),
    });
    for (const { member } of plan.stop)
      void this.leave(member, this.isReplaced(member.deployment) ? this.machine.replaceWithin : undefined);
    for (let missing = plan.start; missing > 0; missing--) void this.launch(primary);
    for (const [i, deployment] of overtaken.entries()) {
      deployment.share = plan.overtaken[i]?.share ?? 0;
      for (let missing = plan.overtaken[i]?.start ?? 0; missing > 0; missing--) void this.launch(deployment);
    }
    if (plan.blocked && plan.blocked !== this.blocked) this.journal.blocked(plan.blocked, primary.id);
    this.blocked = plan.blocked;
    this.settle();
    this.wakeInTime();
  }

  private asPlanned(deployment: Deployment) {
    const mayStart = deployment.rolloutState !== 'FAILED' && deployment.heldUntil <= Date.now();
    const isHurried = this.machine.replaceWithin !== undefined && this.isReplaced(deployment);
    const tasks = this.staying(deployment).map((member) => ({
      member,
      isHealthy: member.isHealthy,
      isProtected: member.isProtected && !isHurried,
    }));
    return { tasks, share: deployment.share, mayStart };
  }

  private isReplaced(deployment: Deployment): boolean {
    return deployment !== this.generations.primary;
  }

  /** Steady: as many tasks as desired, all of them healthy and of the PRIMARY deployment, and none on its way out. */
  private settle(): void {
    const { generations } = this;
    const members = [...this.members];
    generations.forget((deployment) => members.some((member) => member.deployment === deployment));
    const steady =
      members.length === this.desired && members.every(({ isHealthy, deployment }) => isHealthy && deployment === generations.primary);
    if (steady && !this.steady) this.journal.tell('has reached a steady state.');
    this.steady = steady;
    if (steady) generations.complete();
  }

  /** Looks again when a deployment may start tasks again, and when the protection of a task ends. */
  private wakeInTime(): void {
    clearTimeout(this.wake);
    const now = Date.now();
    const { primary, overtaken } = this.generations;
    const held = [primary, ...overtaken].map(({ heldUntil }) => heldUntil);
    const ends = this.staying().map(({ task }) => task?.protectedUntil ?? 0);
    const next = Math.min(...[...held, ...ends].filter((time) => time >= now));
    if (Number.isFinite(next)) this.wake = setTimeout(() => this.reconcile(), next - now + 1);
  }

  private async launch(deployment: Deployment): Promise<void> {
    const { cluster, name, zones, gracePeriodSeconds } = this.current;
    const zone = zones[this.zone++ % zones.length] as string;
    const member = new ServiceTask(deployment, { cluster, service: name, zone, scheduler: this }, this.machine, this.watcher);
    this.members.add(member);
    try {
      await member.start(gracePeriodSeconds);
    } catch (error) {
      this.replace(member, { what: error instanceof Error ? error.message : String(error) });
    }
  }

  private becameHealthy(member: ServiceTask): void {
    if (this.isHealthy()) this.news.healthy();
    if (member.isHealthy) {
      this.everHealthy = true;
      member.deployment.countHealthy(this.configuration.circuitBreaker?.resetOnHealthyTask ?? true);
    }
    this.reconcile();
  }

  private replace(member: ServiceTask, why: Failure): void {
    if (member.leaving || this.stopped) return;
    const { deployment } = member;
    this.lastFailure = why;
    deployment.countFailure(Date.now());
    if (member.task) this.news.failed(member.task, why, Math.max(0, deployment.heldUntil - Date.now()));
    void this.leave(member);
    if (this.isBroken(deployment)) this.giveUp(deployment, 'circuit breaker', 'tasks failed to start');
    else this.reconcile();
  }

  /** Whether the circuit breaker opens; a rollback has one in any case, for somebody waits for its end. */
  private isBroken(deployment: Deployment): boolean {
    if (deployment !== this.generations.primary || deployment.rolloutState !== 'IN_PROGRESS') return false;
    const breaker = this.configuration.circuitBreaker ?? (deployment.rollback && DEFAULT_CIRCUIT_BREAKER);
    return breaker !== undefined && deployment.counted >= failureThreshold(breaker, this.desired);
  }

  private begin(deployment: Deployment): void {
    this.lastFailure = undefined;
    this.generations.begin(deployment, this.desired);
  }

  /** Goes back to what was COMPLETED where that is wanted and there is any; those who wait are told when the service is steady again. */
  private giveUp(deployment: Deployment, by: GivenUpBy, reason: string): void {
    const error = this.failure(reason, deployment);
    const waiters = deployment.takeWaiters();
    const answer = (): void => {
      for (const { reject } of waiters) reject(error);
    };
    deployment.fail(by, reason);
    this.journal.tell(`(deployment ${deployment.id}) deployment failed: ${reason}.`);
    const goesBack = by === 'cancellation' || this.configuration.circuitBreaker?.rollback;
    const before = goesBack ? this.generations.beforeOf(deployment) : undefined;
    if (before) void this.rollBack(before, by).then(answer, answer);
    else answer();
    this.reconcile();
  }

  /** A new deployment of what was COMPLETED before; what still runs of that belongs to it and stays. */
  private rollBack(to: Deployment, by: GivenUpBy): Promise<void> {
    const rollback = new Deployment(to.revision, { to: to.id, by });
    this.journal.tell(`rolling back to (deployment ${to.id}).`);
    this.current = { ...this.current, ...to.revision };
    for (const member of this.staying(to)) member.deployment = rollback;
    to.share = 0;
    this.begin(rollback);
    return rollback.wait();
  }

  private cancel(deployment: Deployment): void {
    if (deployment !== this.generations.primary) return;
    const reason = 'it was stopped by its caller';
    if (deployment.rolloutState === 'IN_PROGRESS') this.giveUp(deployment, 'cancellation', reason);
    else deployment.reject(this.failure(reason, deployment));
  }

  private leave(member: ServiceTask, limits?: StopLimits): void {
    const begins = !member.leaving;
    if (begins) this.tellOfLeaving(member);
    const departure = member.leave(limits).then(() => {
      this.departures.delete(departure);
      if (begins) this.members.delete(member);
      this.reconcile();
    });
    this.departures.add(departure);
  }

  private tellOfLeaving({ task, targets, isRegistered }: ServiceTask): void {
    if (!task) return;
    if (isRegistered) this.journal.tell('has begun draining connections on 1 tasks.');
    for (const { group } of isRegistered ? targets : [])
      this.journal.tell(`deregistered 1 targets in (target-group ${group.settings.arn})`);
    this.journal.tell(`has stopped 1 running tasks: (task ${task.id}).`);
  }

  private get configuration() {
    return this.current.deploymentConfiguration ?? DEFAULT_CONFIGURATION;
  }

  private isHopeless(): boolean {
    const { failures, rolloutState } = this.generations.primary;
    return !this.everHealthy && (failures >= HOPELESS_FAILURES || rolloutState === 'FAILED');
  }

  private failure(reason: string, { id } = this.generations.primary): DeploymentFailed {
    return new DeploymentFailed(id, reason, this.complaint(`the deployment ${id} failed: ${reason}`));
  }

  private complaint(what: string): string {
    const { name, definition } = this.current;
    const pending = this.staying(this.generations.primary).filter(({ isHealthy }) => !isHealthy);
    const subject = definition.server === undefined ? `Service ${name}` : `Server ${definition.server} (service ${name})`;
    return [
      `${subject}: ${what}.`,
      ...(this.lastFailure ? [`  last failure: ${failureText(this.lastFailure)}`] : []),
      ...pending.flatMap((member) =>
        member.task ? [`  health of task ${member.task.id.slice(0, 8)}: ${member.lastAnswer(member.task)}`, ...tailsOf(member.task)] : [],
      ),
    ].join('\n');
  }
}
