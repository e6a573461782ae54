import { randomInt } from 'node:crypto';
import type { ServiceRevision } from './service-settings';

/** PRIMARY is the newest one; ACTIVE one that still has tasks; INACTIVE one that has none any more. */
export type DeploymentStatus = 'PRIMARY' | 'ACTIVE' | 'INACTIVE';
export type RolloutStatus = 'IN_PROGRESS' | 'COMPLETED' | 'FAILED';

/** A deployment, as DescribeServices tells it. */
export interface DeploymentDescription {
  readonly id: string;
  readonly status: DeploymentStatus;
  /** ARN. */
  readonly taskDefinition: string;
  readonly desired: number;
  readonly pending: number;
  readonly running: number;
  /** Tasks that have failed since one became healthy. */
  readonly failed: number;
  readonly rolloutState: RolloutStatus;
  readonly rolloutStateReason: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** The tasks of a deployment do not become steady, or it was given up. */
export class ServiceDeploymentFailed extends Error {
  override readonly name = 'ServiceDeploymentFailed';

  constructor(
    readonly deployment: string,
    /** In the words of ECS's events, such as `tasks failed to start`. */
    readonly reason: string,
    /** With the end of the failing container's log. */
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** A later deployment has overtaken it. */
export class ServiceDeploymentSuperseded extends Error {
  override readonly name = 'ServiceDeploymentSuperseded';

  constructor(
    readonly deployment: string,
    /** Id of the later one. */
    readonly by: string,
  ) {
    super(`The deployment ${deployment} was superseded by ${by}.`);
  }
}

/** What gives a deployment up. */
export type GivenUpBy = 'circuit breaker' | 'cancellation';

/** A replacement waits this long, doubled with each failure in a row, as ECS throttles tasks that fail to start. */
const FIRST_BACKOFF = 200;
const MAX_BACKOFF = 10_000;

interface Waiter {
  readonly resolve: () => void;
  readonly reject: (why: Error) => void;
}

/** One generation of a service's tasks, from its beginning until the last of them is gone. */
export class ServiceDeployment {
  readonly id = `ecs-svc/${newNumber()}`;
  readonly createdAt = new Date();
  updatedAt = this.createdAt;
  status: DeploymentStatus = 'PRIMARY';
  rolloutState: RolloutStatus = 'IN_PROGRESS';
  rolloutStateReason: string;
  /** Tasks that it shall still run when another one has overtaken it. */
  share = 0;
  /** Failures in a row, and those that the circuit breaker counts. */
  failures = 0;
  counted = 0;
  /** No task of it starts before; milliseconds since the epoch. */
  heldUntil = 0;
  private waiters: Waiter[] = [];

  constructor(
    readonly revision: ServiceRevision,
    /** Of a rollback: id of the deployment that is brought back, and why. */
    readonly rollback?: { readonly to: string; readonly by: GivenUpBy },
  ) {
    this.rolloutStateReason = rollback
      ? `ECS deployment ${rollback.by}: rolling back to deploymentId ${rollback.to}.`
      : `ECS deployment ${this.id} in progress.`;
  }

  /** Resolves when the service is steady with it. */
  wait(): Promise<void> {
    return new Promise((resolve, reject) => this.waiters.push({ resolve, reject }));
  }

  complete(): void {
    if (this.rolloutState !== 'COMPLETED') this.become('COMPLETED', `ECS deployment ${this.id} completed.`);
    for (const { resolve } of this.takeWaiters()) resolve();
  }

  /** Those who wait are told by the caller: a rollback may have to come first. */
  fail(by: GivenUpBy, reason: string): void {
    this.become('FAILED', `ECS deployment ${by}: ${reason}.`);
  }

  /** Another deployment has become PRIMARY. @param share tasks that this one shall still run */
  overtake(share: number): void {
    this.status = 'ACTIVE';
    this.share = share;
    this.updatedAt = new Date();
  }

  reject(why: Error): void {
    for (const { reject } of this.takeWaiters()) reject(why);
  }

  takeWaiters(): Waiter[] {
    return this.waiters.splice(0);
  }

  countHealthy(resets: boolean): void {
    this.failures = 0;
    this.heldUntil = 0;
    if (resets) this.counted = 0;
  }

  /** @returns for how long no other task is started, in milliseconds */
  countFailure(now: number): number {
    const held = Math.min(MAX_BACKOFF, FIRST_BACKOFF * 2 ** this.failures++);
    this.heldUntil = now + held;
    this.counted++;
    this.updatedAt = new Date(now);
    return held;
  }

  /** @param desired of the service */
  describe(tasks: readonly { readonly isRunning: boolean }[], desired: number): DeploymentDescription {
    const { id, status, revision, rolloutState, rolloutStateReason, createdAt, updatedAt } = this;
    const running = tasks.filter(({ isRunning }) => isRunning).length;
    return {
      id,
      status,
      taskDefinition: revision.definition.arn,
      desired: status === 'PRIMARY' ? desired : this.share,
      pending: tasks.length - running,
      running,
      failed: this.counted,
      rolloutState,
      rolloutStateReason,
      createdAt,
      updatedAt,
    };
  }

  private become(state: RolloutStatus, reason: string): void {
    this.rolloutState = state;
    this.rolloutStateReason = reason;
    this.updatedAt = new Date();
  }
}

/** 19 digits, as in the ids of ECS. */
function newNumber(): string {
  const digits = (count: number): string => String(randomInt(10 ** count)).padStart(count, '0');
  return `${randomInt(1, 10)}${digits(9)}${digits(9)}`;
}
