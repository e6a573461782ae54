import { setTimeout as delay } from 'node:timers/promises';
import { FleetError } from '../core/errors';
import { DEFAULT_RECOVERY, type RecoveryConfig } from '../core/fleet-config';
import type { Identified } from './call';

/** Wait before the second attempt, in milliseconds; doubled each time. */
const BACKOFF_MS = 150;
const LONGEST_BACKOFF_MS = 2_000;

/** One thing that was done for a call, as its agent is told. */
export interface RecoveryStep {
  /** Milliseconds since the first failure. */
  readonly at: number;
  /** `sent`, or which evidence was looked for: `instance`, `same_key`, `reconcile`. */
  readonly did: string;
  readonly found: string;
}

/** What recovery on an agent's behalf has cost for one call, and what it may still cost. */
export class Recovery {
  private readonly steps: RecoveryStep[] = [];
  private failedAt: number | undefined;
  private attempts = 1;
  /** Whether the agent has been given a part of an answer: a second one would contradict it. */
  heard = false;

  private constructor(
    private readonly budget: RecoveryConfig,
    private readonly now: () => number,
  ) {}

  /** With the budget of the call's server. */
  static of({ serverConfig }: Pick<Identified, 'serverConfig'>, now: () => number): Recovery {
    return new Recovery(serverConfig.recovery ?? DEFAULT_RECOVERY, now);
  }

  note(did: string, found: string): void {
    this.failedAt ??= this.now();
    this.steps.push({ at: this.now() - this.failedAt, did, found });
  }

  /** Counts another attempt; false when the budget has none left. */
  again(): boolean {
    this.failedAt ??= this.now();
    if (this.attempts >= this.budget.attempts || this.now() > this.failedAt + this.budget.seconds * 1_000) return false;
    this.attempts++;
    return true;
  }

  /**
   * Waits before another attempt; false when the budget does not reach that far.
   * @param until moment before which it would be of no use, in milliseconds since the epoch
   */
  async pause(until = 0): Promise<boolean> {
    const backoff = Math.min(BACKOFF_MS * 2 ** (this.attempts - 1), LONGEST_BACKOFF_MS);
    const wait = Math.max(backoff, until - this.now());
    if (this.now() + wait > (this.failedAt ?? this.now()) + this.budget.seconds * 1_000 || !this.again()) return false;
    await delay(wait);
    return true;
  }

  /** The error with which the budget ends: what it was, and all that was tried. */
  spent(error: FleetError, more: { retryAfterMs?: number } = {}): FleetError {
    if (this.steps.length === 0) return error;
    const elapsedMs = this.now() - (this.failedAt ?? this.now());
    const recovery = { attempts: this.attempts, elapsedMs, budget: this.budget, steps: this.steps };
    return new FleetError(error.kind, { ...error.detail, ...more, data: { ...error.detail.data, recovery } });
  }
}
