import { type Failure, failureOf, statusOf } from './failure';

/** When a dependency counts as gone, and how long it is then left alone. */
export interface BreakerSettings {
  /** Requests that must fail one after the other, each with all its attempts. */
  readonly failures: number;
  /** Until one request is let through again, in milliseconds. */
  readonly restMs: number;
}

const SETTINGS: BreakerSettings = { failures: 5, restMs: 2_000 };

/** Raised in place of a request to a dependency that is gone: nothing was sent. */
export class DependencyGone extends Error {
  override readonly name = 'DependencyGone';
}

/** How a dependency stands: it serves, or why it does not. */
export type Standing = 'serving' | Failure;

/**
 * Stops asking a dependency that does not answer: after some failures in a row requests fail at once, until one that is let
 * through is served. So a silent endpoint holds no more than the requests that were under way.
 */
export class Breaker {
  private failed = 0;
  private rest: { readonly because: Failure; readonly until: number } | undefined;
  private probing = false;

  /**
   * @param dependency its name in errors and logs
   * @param now milliseconds since the epoch
   * @param heard told of every change
   */
  constructor(
    readonly dependency: string,
    private readonly now: () => number,
    private readonly heard: (standing: Standing) => void = () => undefined,
    private readonly settings = SETTINGS,
  ) {}

  get standing(): Standing {
    return this.rest?.because ?? 'serving';
  }

  /** @throws DependencyGone when it is open; else what the work throws */
  async run<T>(work: () => Promise<T>): Promise<T> {
    const probe = this.enter();
    try {
      const result = await work();
      this.close();
      return result;
    } catch (error) {
      const failure = failureOf(error);
      if (failure !== undefined) this.fail(failure, probe);
      else if (statusOf(error) !== undefined) this.close(); // an error, but an answer
      throw error;
    } finally {
      if (probe) this.probing = false;
    }
  }

  /** Whether the request is the one that is let through. */
  private enter(): boolean {
    if (this.rest === undefined) return false;
    if (this.probing || this.now() < this.rest.until) throw new DependencyGone(`${this.dependency} did not answer (${this.rest.because})`);
    this.probing = true;
    return true;
  }

  private fail(because: Failure, probe: boolean): void {
    this.failed++;
    // Those that were under way when it opened say nothing new.
    if (this.rest !== undefined ? !probe : this.failed < this.settings.failures) return;
    const before = this.standing;
    this.rest = { because, until: this.now() + this.settings.restMs };
    if (before !== because) this.heard(because);
  }

  private close(): void {
    this.failed = 0;
    if (this.rest === undefined) return;
    this.rest = undefined;
    this.heard('serving');
  }
}
