import type { Limits } from './limits';
import type { Session, SessionEnd, Sessions } from './sessions';
import type { Standing } from './standing';

/**
 * Lets go of the sessions of an outdated instance, each at a moment at which nobody waits in it: first those that the gateway opens again
 * elsewhere, and in the end all of them.
 */
export class Handover {
  /** How many may still end in this second: each is opened again elsewhere by its next call. */
  #left = 0;

  constructor(
    private readonly sessions: Sessions,
    private readonly standing: Standing,
    /** Whether the gateway opens a lost session again (`onLoss`). */
    private readonly isRestored: boolean,
    private readonly limits: Limits,
    private readonly onHandedOver: () => void,
  ) {}

  /** Every second. */
  tick(): void {
    this.#left = this.limits.handoversPerSecond;
    this.review();
  }

  review(): void {
    const { outdatedAt } = this.standing;
    if (outdatedAt === undefined || this.#left === 0) return;
    for (const session of this.sessions.quiet()) {
      const reason = this.#reasonToEnd(session, outdatedAt);
      if (reason === undefined || this.#left === 0) continue;
      this.#left--;
      if (reason === 'handed_over') this.onHandedOver();
      this.sessions.end(session, reason);
    }
  }

  /** What was opened here since then was refused by all others. */
  #reasonToEnd({ openedAt }: Session, outdatedAt: number): SessionEnd | undefined {
    if (this.standing.isOverdue) return 'outdated';
    return this.isRestored && openedAt < outdatedAt ? 'handed_over' : undefined;
  }
}
