import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { LedgerRow, Outcome } from '../../core/ledger';
import type { Ledger, Settlement } from './ledger';

/** Waits between two attempts, in milliseconds: the first, doubled each time, and the longest. */
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 15_000;
/** Most settlements that are kept: each holds a result. The oldest give way; their instances keep the answers too. */
const KEPT_LIMIT = 500;

interface Late {
  readonly claim: LedgerRow;
  readonly outcome: Outcome;
  readonly settlement: Settlement;
}

/**
 * Outcomes that are known here and could not be written: their agents have them already, and the rows still say `sent`.
 * Written as soon as the table takes writes again; until then, and after the end of this replica, the next one who asks
 * settles the row by the answer that its instance keeps.
 */
export class LateSettlements {
  private readonly kept = new Set<Late>();
  private writing: Promise<void> | undefined;

  constructor(
    private readonly ledger: Ledger,
    private readonly log: Logger,
  ) {}

  get count(): number {
    return this.kept.size;
  }

  keep(claim: LedgerRow, outcome: Outcome, settlement: Settlement): void {
    for (const oldest of this.kept) {
      if (this.kept.size < KEPT_LIMIT) break;
      this.kept.delete(oldest);
      this.log.error({ event: 'late_settlement_given_up', callId: oldest.claim.callId });
    }
    this.kept.add({ claim, outcome, settlement });
    this.writing ??= this.writeAll().finally(() => {
      this.writing = undefined;
    });
  }

  /** Tries once more, before this replica ends. */
  async flush(): Promise<void> {
    await Promise.all([...this.kept].map((late) => this.write(late)));
  }

  private async writeAll(): Promise<void> {
    for (let wait = FIRST_WAIT_MS; this.kept.size > 0; wait = Math.min(wait * 2, LONGEST_WAIT_MS)) {
      await delay(wait, undefined, { ref: false });
      // One at a time: the table that is coming back is not flooded, and the first that fails ends the round.
      for (const late of this.kept) if (!(await this.write(late))) break;
    }
  }

  /** False when the table still takes no writes. */
  private async write(late: Late): Promise<boolean> {
    const { claim, outcome, settlement } = late;
    try {
      const ours = await this.ledger.advance(claim, outcome, settlement, 'written late: the table took no writes');
      this.log.info({
        event: ours ? 'late_settlement_written' : 'late_settlement_not_needed',
        callId: claim.callId,
        server: claim.server,
        outcome,
      });
      this.kept.delete(late);
      return true;
    } catch {
      return false;
    }
  }
}
