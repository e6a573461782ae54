import type { Clock } from './clock';
import type { Limits } from './limits';
import type { Logger } from './log';
import type { OwnService, ServiceLook } from './own-service';

/** Most that is added to a wait, as a share of it: what was started together shall not ask together. */
const JITTER = 0.25;

/**
 * Whether the deployment that started this instance is its service's present one. An outdated instance takes nothing new, so that the
 * deployment which waits for it ends; but not before what takes its place runs, for until then there is nobody else.
 *
 * ECS is asked while sessions are held, for nothing else keeps a deployment waiting, and the more seldom the more instances there are:
 * all reads of services of an account share 20 requests a second (ECS, API request throttling).
 */
export class Standing {
  /** When it was last known to be of the present deployment, in milliseconds since the epoch. */
  #currentAt: number;
  #isOvertaken = false;
  /** Since when all that takes its place has been running. */
  #succeededAt?: number;
  #outdatedAt?: number;
  /** Whether ECS has answered last time; undefined before it was asked. */
  #isKnown?: boolean;
  #isAsking = false;
  #askAt = 0;
  #wait: number;

  /**
   * @param service absent where no service has started this instance
   * @param deployWithin longest time for which a deployment waits for it, in milliseconds
   * @param onUnknown told when ECS cannot be asked any more
   */
  constructor(
    private readonly service: OwnService | undefined,
    private readonly deployWithin: number,
    private readonly clock: Clock,
    private readonly limits: Limits,
    private readonly log: Logger,
    private readonly onUnknown: () => void,
  ) {
    this.#currentAt = clock.now();
    this.#wait = limits.askDeployment;
  }

  /** When it became outdated; undefined while it is not. What it takes all the same, it keeps. */
  get outdatedAt(): number | undefined {
    return this.#outdatedAt;
  }

  /** Whether a deployment has waited for this instance as long as it may. */
  get isOverdue(): boolean {
    return this.#outdatedAt !== undefined && this.clock.now() >= this.#currentAt + this.deployWithin;
  }

  /**
   * Until when the task may be protected. Without end where it is current; where ECS cannot be asked there may be a deployment that
   * nobody knows of, and that must end, too.
   * @param since beginning of the protection
   */
  protectedUntil(since: number): number {
    if (this.#isOvertaken) return this.#currentAt + this.deployWithin;
    return this.#isKnown ? Number.POSITIVE_INFINITY : Math.max(this.#currentAt, since) + this.deployWithin;
  }

  /** Something has happened for which a deployment may be the reason. */
  askAtOnce(): void {
    this.#askAt = 0;
  }

  /** Asks ECS, where it is time. What cannot be told stays as it was. */
  async review(): Promise<void> {
    if (this.service === undefined || this.#isAsking || this.clock.now() < this.#askAt) return;
    this.#isAsking = true;
    try {
      this.#note(await this.service.look());
    } catch (error) {
      this.#noteUnknown(error as Error);
    } finally {
      this.#isAsking = false;
      this.#askAt = this.clock.now() + this.#wait * (1 + JITTER * Math.random());
    }
  }

  #note(look: ServiceLook): void {
    const now = this.clock.now();
    this.#isKnown = true;
    this.#isOvertaken = look.isOvertaken;
    if (!look.isOvertaken) this.#currentAt = now;
    this.#succeededAt = this.#isSucceeded(look) ? (this.#succeededAt ?? now) : undefined;
    const settled = this.#succeededAt !== undefined && now >= this.#succeededAt + this.limits.successorSettles;
    if (settled !== (this.#outdatedAt !== undefined)) this.log.info(settled ? 'instance_outdated' : 'instance_current_again');
    this.#outdatedAt = settled ? (this.#outdatedAt ?? now) : undefined;
    this.#wait = this.#succeededAt === undefined || settled ? this.#waitAmong(look.running) : this.limits.successorSettles;
  }

  /** Tasks that come and go later, as the service scales, do not bring back what was outdated; that they fail does. */
  #isSucceeded({ isOvertaken, isSucceeded, hasFailed }: ServiceLook): boolean {
    return isOvertaken && !hasFailed && (isSucceeded || this.#outdatedAt !== undefined);
  }

  #waitAmong(running: number): number {
    const { askDeploymentEach, askDeployment, askDeploymentMost } = this.limits;
    return Math.min(Math.max(running * askDeploymentEach, askDeployment), askDeploymentMost);
  }

  #noteUnknown({ name, message }: Error): void {
    if (this.#isKnown !== false) {
      this.log.warn({ error: name, reason: message }, 'deployment_unknown');
      this.onUnknown();
    }
    this.#isKnown = false;
    this.#wait = Math.min(2 * this.#wait, this.limits.askDeploymentMost);
  }
}
