import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';

/** Waits between two attempts, in milliseconds: the first, doubled each time, and the longest. */
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 15_000;
/** Most writes that are kept: each holds arguments or a result. The oldest give way. */
const KEPT_LIMIT = 500;

interface LateWrite {
  readonly callId: string;
  readonly write: () => Promise<unknown>;
}

/**
 * What this replica knows of calls and could not write: an outcome that its agent has already, while the row still says `sent`,
 * or a refusal. Written as soon as the table takes writes again. An outcome is not lost with this replica: the next one who
 * asks settles the row by the answer that its instance keeps.
 */
export class LateWrites {
  private readonly kept = new Set<LateWrite>();
  private writing: Promise<void> | undefined;

  constructor(private readonly log: Logger) {}

  get count(): number {
    return this.kept.size;
  }

  /** @param write done again until it resolves */
  keep(callId: string, write: () => Promise<unknown>): void {
    for (const oldest of this.kept) {
      if (this.kept.size < KEPT_LIMIT) break;
      this.kept.delete(oldest);
      this.log.error({ event: 'late_write_given_up', callId: oldest.callId });
    }
    this.kept.add({ callId, write });
    this.writing ??= this.writeAll().finally(() => {
      this.writing = undefined;
    });
  }

  /** Tries once more, before this replica ends. */
  async flush(): Promise<void> {
    await Promise.all([...this.kept].map((late) => this.attempt(late)));
  }

  private async writeAll(): Promise<void> {
    for (let wait = FIRST_WAIT_MS; this.kept.size > 0; wait = Math.min(wait * 2, LONGEST_WAIT_MS)) {
      await delay(wait, undefined, { ref: false });
      // One at a time: the table that is coming back is not flooded, and the first that fails ends the round.
      for (const late of this.kept) if (!(await this.attempt(late))) break;
    }
  }

  /** False when the table still takes no writes. */
  private async attempt(late: LateWrite): Promise<boolean> {
    try {
      await late.write();
      this.kept.delete(late);
      this.log.info({ event: 'written_late', callId: late.callId });
      return true;
    } catch {
      return false;
    }
  }
}
