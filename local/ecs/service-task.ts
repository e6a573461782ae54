import type { Health } from '../alb/health-check';
import type { TargetGroup } from '../alb/target-group';
import type { StopLimits } from '../local-account';
import { type Failure, lastAnswerOf, speakerOf } from './failure';
import type { EcsMachine } from './machine';
import type { RolloutTask } from './rollout';
import type { ServiceDeployment } from './service-deployment';
import type { ServiceTarget } from './service-settings';
import type { GiveBack } from './start-turns';
import { Task, type TaskPlace } from './task';
import type { TaskDefinition } from './task-definition';

/** Who is told of a task. */
export interface ServiceTaskWatcher {
  started(task: Task): void;
  becameHealthy(member: ServiceTask): void;
  becameUnhealthy(): void;
  /** It is given time; `what` is a sentence with its server before it. */
  waiting(task: Task, what: string): void;
  failed(member: ServiceTask, why: Failure): void;
  registered(group: TargetGroup): void;
}

/** A new task that is not healthy after this many milliseconds is replaced, where its grace period is not longer. */
export const HEALTHY_WITHIN = 60_000;
/** One that is not healthy after this many milliseconds is told of. */
const TOLD_AFTER = 15_000;
/** ECS takes a task that nobody asks for its health for healthy 40 seconds after its start; here an hour fits into minutes. */
const SETTLED_AFTER = 2000;

/** A task of a service: started, registered with the target groups, watched, and taken out of them before it is stopped. */
export class ServiceTask implements RolloutTask {
  readonly definition: TaskDefinition;
  readonly targets: readonly ServiceTarget[];
  task: Task | undefined;
  leaving = false;
  isRegistered = false;
  /** Whether its turn to start has come. */
  hasTurn = false;
  private giveBack: GiveBack = () => undefined;
  private readonly healthyIn = new Set<TargetGroup>();
  private settled = false;
  private readonly created: Promise<Task>;

  constructor(
    /** Another one only where a rollback takes it over. */
    public deployment: ServiceDeployment,
    private readonly place: TaskPlace,
    private readonly machine: EcsMachine,
    private readonly watcher: ServiceTaskWatcher,
  ) {
    this.definition = deployment.revision.definition;
    this.targets = deployment.revision.targets;
    this.created = Task.create(this.definition, place, this.machine);
  }

  get zone(): string {
    return this.place.zone;
  }

  get isRunning(): boolean {
    return this.task?.running ?? false;
  }

  get isHealthy(): boolean {
    return this.isRunning && !this.leaving && this.healthyIn.size === this.targets.length && (this.targets.length > 0 || this.settled);
  }

  get isProtected(): boolean {
    return this.task?.isProtected ?? false;
  }

  /** @param gracePeriodSeconds in which failed health checks do not count */
  async start(gracePeriodSeconds: number): Promise<void> {
    const task = await this.created;
    this.task = task;
    if (this.leaving) return;
    this.giveBack = await this.machine.startTurns.take();
    this.hasTurn = true;
    if (this.leaving) return this.giveBack();
    this.watcher.started(task);
    void task.failed.then((why) => this.fail(why));
    const grace = gracePeriodSeconds * 1000;
    // From here on, for a task may also wait for ever to be started.
    this.watchStart(task, grace);
    await task.start();
    if (this.leaving || !task.running) return this.giveBack();
    if (this.targets.length > 0) this.register(task, grace);
    else void this.settle(task);
  }

  /** Of its health, for people. */
  lastAnswer(task: Task): string {
    return lastAnswerOf(
      task,
      this.targets.map(({ group }) => group),
    );
  }

  /** Tells of a task that takes long to become healthy, and gives it up in the end. */
  private watchStart(task: Task, grace: number): void {
    const late = (after: number, then: (what: string) => void): void => {
      const timer = setTimeout(() => {
        if (!this.leaving && !this.isHealthy) then(`is not healthy after ${after / 1000} s; last health answer: ${this.lastAnswer(task)}`);
      }, after);
      timer.unref();
    };
    late(TOLD_AFTER, (what) => this.watcher.waiting(task, what));
    late(Math.max(grace, HEALTHY_WITHIN), (what) => this.fail({ what, container: speakerOf(task) }));
  }

  /** Out of the target groups, drained, then SIGTERM, stop timeout, SIGKILL. */
  async leave(limits?: StopLimits): Promise<void> {
    const underWay = this.leaving;
    this.leaving = true;
    this.giveBack();
    const task = await this.created.catch(() => undefined);
    if (!task) return;
    // A departure that is under way is hurried when the whole account stops.
    if (!underWay) return await this.depart(task, limits);
    if (limits) await task.stop(limits.stopMs);
  }

  private async depart(task: Task, limits?: StopLimits): Promise<void> {
    const alive = task.containers.every(({ essential, pid }) => !essential || pid !== undefined);
    // A target whose process is gone has nothing left to drain.
    const drainMs = alive ? limits?.drainMs : 0;
    await Promise.all(this.targets.map(({ group }) => group.deregister(task.id, drainMs)));
    await task.stop(limits?.stopMs);
  }

  private register(task: Task, grace: number): void {
    const startedAt = Date.now();
    for (const { group, containerPort } of this.targets) {
      const port = task.localPort(containerPort);
      const healthPort = task.localPort(group.settings.healthCheck.port ?? containerPort);
      if (port === undefined || healthPort === undefined) {
        const missing = port === undefined ? containerPort : group.settings.healthCheck.port;
        this.fail({ what: `no container of ${this.definition.family} listens on port ${missing}` });
        return;
      }
      const watch = (health: Health): void => {
        if (health === 'healthy') {
          this.healthyIn.add(group);
          this.giveBack();
          this.watcher.becameHealthy(this);
          return;
        }
        const what = `is not healthy any more; last health answer: ${this.lastAnswer(task)}`;
        if (Date.now() - startedAt > grace) {
          this.fail({ what, container: speakerOf(task) });
          return;
        }
        this.healthyIn.delete(group);
        this.watcher.waiting(task, what);
        this.watcher.becameUnhealthy();
      };
      group.register(task.id, port, healthPort, watch, { way: (local) => this.wayTo(local, task, group), zone: task.zone });
      this.isRegistered = true;
      this.watcher.registered(group);
    }
  }

  /** Where the load balancer of a target group comes to a port of the task, which the task has on this machine. */
  private wayTo(local: number, task: Task, { settings: { id } }: TargetGroup): number {
    const port = task.containerPort(local);
    return task.service === undefined || port === undefined ? local : this.machine.links.toTarget(id, task.service, port, local);
  }

  /** Behind no load balancer, its containers' own health checks decide; without any, that it goes on running. */
  private async settle({ containers }: Task): Promise<void> {
    const checked = containers.filter(({ essential, health }) => essential && health.checked);
    if (checked.length === 0) await new Promise((next) => setTimeout(next, SETTLED_AFTER).unref());
    await Promise.all(
      checked.map(async ({ health }) => {
        if (health.status === 'HEALTHY') return;
        health.hurry();
        await new Promise<void>((done) => health.onChange((status) => status === 'HEALTHY' && done()));
      }),
    );
    if (this.leaving) return;
    this.settled = true;
    this.giveBack();
    this.watcher.becameHealthy(this);
  }

  private fail(why: Failure): void {
    this.giveBack();
    if (!this.leaving) this.watcher.failed(this, why);
  }
}
