import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import { isRefusedForGood } from '../../ledger/ledger';
import type { LedgerRow } from '../../ledger/row';

/** Waits between two attempts, in milliseconds: the first, doubled each time, and the longest. */
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 15_000;
/** Most that is kept, in bytes of rows. The oldest give way. */
export const KEPT_LIMIT_BYTES = 32 * 1024 * 1024;
/** What a row costs beside its texts, in bytes. */
const ROW_BYTES = 4_096;
/** Writes that fail one after the other until the table is taken to be away, and the round ends. */
const FAILURES_IN_A_ROW = 3;

interface LateWrite {
  readonly callId: string;
  readonly bytes: number;
  readonly write: () => Promise<unknown>;
}

/**
 * What this replica knows of calls and could not write: an outcome that its agent has already, while the row still says `sent`,
 * or a refusal. Written as soon as the table takes writes again. An outcome is not lost with this replica: the next one who
 * asks settles the row by the answer that its instance keeps.
 */
export class LateWrites {
  /** In the order in which they are tried. */
  private readonly kept = new Set<LateWrite>();
  private held = 0;
  private writing: Promise<void> | undefined;

  constructor(
    private readonly log: Logger,
    private readonly limit = KEPT_LIMIT_BYTES,
  ) {}

  get count(): number {
    return this.kept.size;
  }

  get bytes(): number {
    return this.held;
  }

  /** @param write done again until it resolves, or the table says that it never will */
  keep({ callId, arguments: args = '', result = '' }: Partial<LedgerRow> & Pick<LedgerRow, 'callId'>, write: () => Promise<unknown>): void {
    const late = { callId, bytes: args.length + result.length + ROW_BYTES, write };
    this.kept.add(late);
    this.held += late.bytes;
    for (const oldest of this.kept) {
      if (this.held <= this.limit) break;
      this.giveUp(oldest, 'no room');
    }
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
      await this.writeRound();
    }
  }

  /** One at a time, so that a table which is coming back is not flooded; one that fails goes behind the others, and blocks none of them. */
  private async writeRound(): Promise<void> {
    let failures = 0;
    for (const late of [...this.kept]) {
      failures = (await this.attempt(late)) ? 0 : failures + 1;
      if (failures === FAILURES_IN_A_ROW) return;
    }
  }

  /** False when the table did not take it. */
  private async attempt(late: LateWrite): Promise<boolean> {
    try {
      await late.write();
      this.drop(late);
      this.log.info({ event: 'written_late', callId: late.callId });
      return true;
    } catch (error) {
      if (isRefusedForGood(error)) this.giveUp(late, (error as Error).message);
      else if (this.kept.delete(late)) this.kept.add(late);
      return false;
    }
  }

  private giveUp(late: LateWrite, because: string): void {
    this.drop(late);
    this.log.error({ event: 'late_write_given_up', callId: late.callId, because });
  }

  private drop(late: LateWrite): void {
    if (this.kept.delete(late)) this.held -= late.bytes;
  }
}
