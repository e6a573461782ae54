import type { StopLimits } from '../local-account';
import { taskLimits } from './deployment-configuration';
import type { EcsMachine } from './machine';
import { planRollout, type RolloutPlan } from './rollout';
import type { ServiceDeployment } from './service-deployment';
import type { ServiceDeployments } from './service-deployments';
import type { ServiceEvents } from './service-events';
import { configurationOf, type ServiceSettings } from './service-settings';
import { ServiceTask, type ServiceTaskWatcher } from './service-task';
import type { TaskScheduler } from './task';
import { crowdedTask } from './zone-balance';

/** What a service shall be; asked each time that its tasks are looked at. */
export interface ServiceGoal extends TaskScheduler {
  readonly settings: ServiceSettings;
  readonly desiredCount: number;
}

export interface ServiceTasksParts {
  readonly goal: ServiceGoal;
  readonly deployments: ServiceDeployments;
  readonly machine: EcsMachine;
  readonly journal: ServiceEvents;
  readonly watcher: ServiceTaskWatcher;
}

/** The tasks of a service: starts and stops them, within the limits of its deployments, until they are what it shall be. */
export class ServiceTasks {
  /** Nothing is started any more. */
  ended = false;
  private readonly members = new Set<ServiceTask>();
  private readonly departures = new Set<Promise<void>>();
  private steady = false;
  private blocked: RolloutPlan<ServiceTask>['blocked'];
  private zone = 0;
  /** One more task than desired runs, so that another one can go. */
  private isMoving = false;
  private wake: NodeJS.Timeout | undefined;

  constructor(private readonly parts: ServiceTasksParts) {}

  /** Also those on their way out. */
  get all(): readonly ServiceTask[] {
    return [...this.members];
  }

  /** Those that are not on their way out. */
  staying(deployment?: ServiceDeployment): ServiceTask[] {
    return this.all.filter((member) => !member.leaving && (deployment === undefined || member.deployment === deployment));
  }

  /** Starts what is missing and stops what is too much. */
  reconcile(): void {
    if (this.ended) return;
    const { goal, deployments, machine, journal } = this.parts;
    const { primary, overtaken } = deployments;
    const desired = goal.desiredCount + (this.isMoving ? 1 : 0);
    const plan = planRollout({
      desired,
      ...taskLimits(configurationOf(goal.settings), desired),
      stopping: this.all.filter(({ leaving }) => leaving).length,
      primary: this.asPlanned(primary),
      overtaken: overtaken.map((deployment) => this.asPlanned(deployment)),
    });
    for (const { member } of plan.stop) this.leave(member, this.isReplaced(member.deployment) ? machine.replaceWithin : undefined);
    for (let missing = plan.start; missing > 0; missing--) void this.launch(primary);
    for (const [i, deployment] of overtaken.entries()) {
      deployment.share = plan.overtaken[i]?.share ?? 0;
      for (let missing = plan.overtaken[i]?.start ?? 0; missing > 0; missing--) void this.launch(deployment);
    }
    if (plan.blocked && plan.blocked !== this.blocked) journal.blocked(plan.blocked, primary.id);
    this.blocked = plan.blocked;
    this.settle();
    this.balance();
    this.wakeInTime();
  }

  /** Moves a task to a zone that has too few: another one is there before it goes. */
  private balance(): void {
    const { goal, deployments } = this.parts;
    if (goal.settings.balancesZones !== true) return;
    const staying = this.staying();
    const crowded = crowdedTask(staying, this.zones());
    if (!this.isMoving) {
      if (!this.steady || crowded === undefined) return;
      this.isMoving = true;
      this.reconcile();
      return;
    }
    const isDeploying = staying.some(({ deployment }) => deployment !== deployments.primary);
    if (!isDeploying && (staying.length <= goal.desiredCount || !staying.every(({ isHealthy }) => isHealthy))) return;
    this.isMoving = false;
    const fullest = isDeploying ? undefined : crowdedTask(staying, this.zones(), 1);
    if (fullest !== undefined) this.leave(fullest);
    else this.reconcile();
  }

  /** Those that are there. */
  private zones(): readonly string[] {
    const { goal, machine } = this.parts;
    return goal.settings.zones.filter((one) => !machine.lostZones.has(one));
  }

  /** Out of its target groups, drained and stopped. */
  leave(member: ServiceTask, limits?: StopLimits): void {
    const begins = !member.leaving;
    if (begins) this.tellOfLeaving(member);
    const departure = member.leave(limits).then(() => {
      this.departures.delete(departure);
      if (begins) this.members.delete(member);
      this.reconcile();
    });
    this.departures.add(departure);
  }

  /** Resolves when the last of them is gone. */
  async end(limits?: StopLimits): Promise<void> {
    this.ended = true;
    clearTimeout(this.wake);
    for (const member of this.members) this.leave(member, limits);
    while (this.departures.size > 0) await Promise.all(this.departures);
  }

  private asPlanned(deployment: ServiceDeployment) {
    const mayStart = deployment.rolloutState !== 'FAILED' && deployment.heldUntil <= Date.now();
    const isHurried = this.parts.machine.replaceWithin !== undefined && this.isReplaced(deployment);
    const tasks = this.staying(deployment).map((member) => ({
      member,
      isHealthy: member.isHealthy,
      isProtected: member.isProtected && !isHurried,
    }));
    return { tasks, share: deployment.share, mayStart };
  }

  private isReplaced(deployment: ServiceDeployment): boolean {
    return deployment !== this.parts.deployments.primary;
  }

  /** Steady: as many tasks as desired, all of them healthy and of the PRIMARY deployment, and none on its way out. */
  private settle(): void {
    const { goal, deployments, journal } = this.parts;
    const { all } = this;
    deployments.forget((deployment) => all.some((member) => member.deployment === deployment));
    const steady =
      all.length === goal.desiredCount && all.every(({ isHealthy, deployment }) => isHealthy && deployment === deployments.primary);
    if (steady && !this.steady) journal.tell('has reached a steady state.');
    this.steady = steady;
    if (steady) deployments.complete();
  }

  /** Looks again when a deployment may start tasks again, and when the protection of a task ends. */
  private wakeInTime(): void {
    clearTimeout(this.wake);
    const now = Date.now();
    const { primary, overtaken } = this.parts.deployments;
    const held = [primary, ...overtaken].map(({ heldUntil }) => heldUntil);
    const ends = this.staying().map(({ task }) => task?.protectedUntil ?? 0);
    const next = Math.min(...[...held, ...ends].filter((time) => time >= now));
    if (Number.isFinite(next)) this.wake = setTimeout(() => this.reconcile(), next - now + 1);
  }

  private async launch(deployment: ServiceDeployment): Promise<void> {
    const { goal, machine, watcher } = this.parts;
    const { cluster, name, id, gracePeriodSeconds } = goal.settings;
    const zone = this.nextZone(this.zones());
    const member = new ServiceTask(
      deployment,
      { cluster, service: name, ...(id !== undefined && { id }), zone, startedBy: deployment.id, scheduler: goal },
      machine,
      watcher,
    );
    this.members.add(member);
    try {
      await member.start(gracePeriodSeconds);
    } catch (error) {
      watcher.failed(member, { what: error instanceof Error ? error.message : String(error) });
    }
  }

  /** One with the fewest tasks, in turn; that a service is left without any, who takes zones away sees to. */
  private nextZone(zones: readonly string[]): string {
    const inTurn = zones.map((_, i) => zones[(this.zone + i) % zones.length] as string);
    this.zone++;
    const tasksIn = (zone: string): number => this.staying().filter((member) => member.zone === zone).length;
    return inTurn.reduce((least, zone) => (tasksIn(zone) < tasksIn(least) ? zone : least), inTurn[0] ?? '');
  }

  private tellOfLeaving({ task, targets, isRegistered }: ServiceTask): void {
    const { journal } = this.parts;
    if (!task) return;
    if (isRegistered) journal.tell('has begun draining connections on 1 tasks.');
    for (const { group } of isRegistered ? targets : []) journal.tell(`deregistered 1 targets in (target-group ${group.settings.arn})`);
    journal.tell(`has stopped 1 running tasks: (task ${task.id}).`);
  }
}
