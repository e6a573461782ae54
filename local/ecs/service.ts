import type { ServicePart, StopLimits } from '../local-account';
import { DEFAULT_CIRCUIT_BREAKER, failureThreshold } from './deployment-configuration';
import { type Failure, failureText, tailsOf } from './failure';
import type { EcsMachine } from './machine';
import { type DeploymentDescription, type GivenUpBy, ServiceDeployment, ServiceDeploymentFailed } from './service-deployment';
import { ServiceDeployments } from './service-deployments';
import { type ServiceEvent, ServiceEvents } from './service-events';
import { partOf, ServiceNews } from './service-news';
import { configurationOf, isSameRevision, type ServiceSettings } from './service-settings';
import type { ServiceTask, ServiceTaskWatcher } from './service-task';
import { type ServiceGoal, ServiceTasks } from './service-tasks';
import type { Task } from './task';

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
/** While so many deployments have tasks, ECS begins no other. */
const MOST_DEPLOYMENTS = 5;

/** Keeps a number of tasks running and registered with their target groups, and replaces them by rolling deployments. */
export class Service implements ServiceGoal {
  private readonly members: ServiceTasks;
  private readonly generations: ServiceDeployments;
  private readonly journal: ServiceEvents;
  private readonly news: ServiceNews;
  private current: ServiceSettings;
  private desired = 0;
  private everHealthy = false;
  private lastFailure: Failure | undefined;

  constructor(
    settings: ServiceSettings,
    private readonly machine: EcsMachine,
  ) {
    this.current = settings;
    this.journal = new ServiceEvents(settings.name);
    this.generations = new ServiceDeployments(settings, this.journal);
    this.news = new ServiceNews(settings.name, settings.definition, machine.tell);
    const watcher: ServiceTaskWatcher = {
      started: (task) => {
        this.journal.tell(`has started 1 tasks: (task ${task.id}).`);
        this.news.watchOthers(task);
      },
      waiting: (task, what) => this.news.waiting(task, what),
      registered: ({ settings: { arn } }) => this.journal.tell(`registered 1 targets in (target-group ${arn})`),
      becameHealthy: (member) => this.becameHealthy(member),
      becameUnhealthy: () => this.members.reconcile(),
      failed: (member, why) => this.replace(member, why),
    };
    this.members = new ServiceTasks({ goal: this, deployments: this.generations, machine, journal: this.journal, watcher });
  }

  /** As the newest deployment has them. */
  get settings(): ServiceSettings {
    return this.current;
  }

  get part(): ServicePart {
    return partOf(this.current.name, this.current.definition);
  }

  /** Tasks that run or are being started or stopped. */
  get tasks(): readonly Task[] {
    return this.members.all.flatMap(({ task }) => task ?? []);
  }

  get desiredCount(): number {
    return this.desired;
  }

  /** The PRIMARY one first. */
  deployments(): readonly DeploymentDescription[] {
    const { primary, overtaken } = this.generations;
    return [primary, ...overtaken].map((deployment) => deployment.describe(this.members.staying(deployment), this.desired));
  }

  /** The newest first, and not more than a hundred. */
  events(): readonly ServiceEvent[] {
    return this.journal.list();
  }

  /** Whether the deployment that a task belongs to is no longer the PRIMARY one. */
  isOutdated(task: Task): boolean {
    return this.members.all.find((member) => member.task === task)?.deployment !== this.generations.primary;
  }

  /** Sets how many tasks shall run; tasks that hold sessions (task protection) are not taken by scale-in. */
  scaleTo(count: number): void {
    if (count > this.desired) this.generations.grow(count - this.desired);
    this.desired = count;
    this.members.reconcile();
  }

  /**
   * Deploys, as UpdateService does: another task definition or other target groups begin a deployment, and so does force; another
   * count or configuration alone does not. Resolves when the service is steady with it: every task of it healthy in each target
   * group, and all others gone.
   * @param options.signal cancels it: what was COMPLETED last is brought back
   * @throws ServiceDeploymentFailed when it failed or was cancelled, and was rolled back where that is possible
   * @throws ServiceDeploymentSuperseded when a later one has overtaken it
   */
  async deploy(change: DeploymentChange, { signal }: { readonly signal?: AbortSignal } = {}): Promise<void> {
    const { desiredCount, forceNewDeployment: _, ...settings } = change;
    signal?.throwIfAborted();
    if (this.members.ended) throw this.failure('the service was deleted');
    const refusal = this.refusalOf(change);
    if (refusal !== undefined) throw new Error(this.complaint(refusal));
    const begins = this.begins(change);
    this.current = { ...this.current, ...settings };
    if (begins) this.begin(new ServiceDeployment(this.current));
    if (desiredCount !== undefined) this.desired = desiredCount;
    const { primary } = this.generations;
    const steady = primary.wait();
    const cancel = (): void => this.cancel(primary);
    signal?.addEventListener('abort', cancel);
    if (primary.rolloutState === 'FAILED') primary.reject(this.failure(primary.rolloutStateReason));
    this.members.reconcile();
    await steady.finally(() => signal?.removeEventListener('abort', cancel));
  }

  /** Why ECS does not take a change, in its words. Whoever develops sees each version at once, and the ones before end at once. */
  refusalOf(change: DeploymentChange): string | undefined {
    if (this.machine.replaceWithin || !this.begins(change) || this.deployments().length < MOST_DEPLOYMENTS) return undefined;
    return `${MOST_DEPLOYMENTS} active deployments exist, unable to create new deployment.`;
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
    let end = Date.now() + timeoutMs;
    while (!this.isHealthy()) {
      // Its time begins when all of its tasks have had their turn to start.
      if (this.members.staying().some(({ hasTurn }) => !hasTurn)) end = Date.now() + timeoutMs;
      if (this.isHopeless()) throw new Error(this.complaint('its tasks fail again and again'));
      if (Date.now() > end) throw new Error(this.complaint(`it was not healthy within ${timeoutMs / 1000} s`));
      if (this.members.ended) throw new Error(this.complaint('it was stopped'));
      await new Promise((next) => setTimeout(next, 25));
    }
  }

  isHealthy(): boolean {
    return this.members.all.filter(({ isHealthy }) => isHealthy).length >= this.desired;
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
    return this.members.staying().filter(({ isProtected }) => isProtected).length > this.desired;
  }

  /** A zone that was lost is there again. */
  zoneReturned(): void {
    this.members.reconcile();
  }

  protectionChanged(): void {
    this.members.reconcile();
  }

  private begins({ desiredCount: _, forceNewDeployment = false, ...settings }: DeploymentChange): boolean {
    return forceNewDeployment || !isSameRevision(this.current, { ...this.current, ...settings });
  }

  private end(why: string, limits?: StopLimits): Promise<void> {
    this.generations.end(this.failure(why));
    return this.members.end(limits);
  }

  private becameHealthy(member: ServiceTask): void {
    if (this.isHealthy()) this.news.healthy();
    if (member.isHealthy) {
      this.everHealthy = true;
      member.deployment.countHealthy(configurationOf(this.current).circuitBreaker?.resetOnHealthyTask ?? true);
    }
    this.members.reconcile();
  }

  private replace(member: ServiceTask, why: Failure): void {
    if (member.leaving || this.members.ended) return;
    const { deployment } = member;
    this.lastFailure = why;
    const retryMs = deployment.countFailure(Date.now());
    if (member.task) this.news.failed(member.task, why, retryMs);
    this.members.leave(member);
    if (this.isBroken(deployment)) this.giveUp(deployment, 'circuit breaker', 'tasks failed to start');
    else this.members.reconcile();
  }

  /** Whether the circuit breaker opens; a rollback has one in any case, for somebody waits for its end. */
  private isBroken(deployment: ServiceDeployment): boolean {
    if (deployment !== this.generations.primary || deployment.rolloutState !== 'IN_PROGRESS') return false;
    const breaker = configurationOf(this.current).circuitBreaker ?? (deployment.rollback && DEFAULT_CIRCUIT_BREAKER);
    return breaker !== undefined && deployment.counted >= failureThreshold(breaker, this.desired);
  }

  private begin(deployment: ServiceDeployment): void {
    this.lastFailure = undefined;
    this.generations.begin(deployment, this.desired);
  }

  /** Goes back to what was COMPLETED where that is wanted and there is any; those who wait are told when the service is steady again. */
  private giveUp(deployment: ServiceDeployment, by: GivenUpBy, reason: string): void {
    const error = this.failure(reason, deployment);
    const waiters = deployment.takeWaiters();
    const answer = (): void => {
      for (const { reject } of waiters) reject(error);
    };
    deployment.fail(by, reason);
    this.journal.tell(`(deployment ${deployment.id}) deployment failed: ${reason}.`);
    const goesBack = by === 'cancellation' || configurationOf(this.current).circuitBreaker?.rollback;
    const before = goesBack ? this.generations.beforeOf(deployment) : undefined;
    if (before) void this.rollBack(before, by).then(answer, answer);
    else answer();
    this.members.reconcile();
  }

  /** A new deployment of what was COMPLETED before; what still runs of that belongs to it and stays. */
  private rollBack(to: ServiceDeployment, by: GivenUpBy): Promise<void> {
    const rollback = new ServiceDeployment(to.revision, { to: to.id, by });
    this.journal.tell(`rolling back to (deployment ${to.id}).`);
    this.current = { ...this.current, ...to.revision };
    for (const member of this.members.staying(to)) member.deployment = rollback;
    to.share = 0;
    this.begin(rollback);
    return rollback.wait();
  }

  private cancel(deployment: ServiceDeployment): void {
    if (deployment !== this.generations.primary) return;
    const reason = 'it was stopped by its caller';
    if (deployment.rolloutState === 'IN_PROGRESS') this.giveUp(deployment, 'cancellation', reason);
    else deployment.reject(this.failure(reason, deployment));
  }

  private isHopeless(): boolean {
    const { failures, rolloutState } = this.generations.primary;
    return !this.everHealthy && (failures >= HOPELESS_FAILURES || rolloutState === 'FAILED');
  }

  private failure(reason: string, { id } = this.generations.primary): ServiceDeploymentFailed {
    return new ServiceDeploymentFailed(id, reason, this.complaint(`the deployment ${id} failed: ${reason}`));
  }

  private complaint(what: string): string {
    const { name, definition } = this.current;
    const pending = this.members.staying(this.generations.primary).filter(({ isHealthy }) => !isHealthy);
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
