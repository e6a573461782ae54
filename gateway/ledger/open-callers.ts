import type { Logger } from 'pino';
import type { Departure } from '../departure';
import type { Fences } from './fences';

/** How often a replica with callers without a key shows that it lives, in milliseconds. */
export const BEAT_MS = 100;

/**
 * The callers without a key that wait here. While one waits for longer than a beat the replica beats, so that others can tell that it
 * lives; a call that takes no longer is gone from its fence before anybody could have counted.
 */
export class OpenCallers {
  /** Rows, and in which interval between two beats each came; the oldest first. */
  private readonly calls = new Map<string, number>();
  private interval = 0;
  private readonly notes = new Set<Promise<void>>();
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly fences: Fences,
    readonly replica: string,
    private readonly now: () => number,
    private readonly log: Logger,
  ) {}

  /** Counts a caller until it has its answer or has left. @param call key of its ledger row */
  add(call: string, gone: Departure): void {
    if (gone.over) return;
    this.calls.set(call, this.interval);
    this.timer ??= setInterval(() => this.turn(), BEAT_MS);
    gone.whenOver(() => this.remove(call));
  }

  has(call: string): boolean {
    return this.calls.has(call);
  }

  /** Counts a note of what became of a caller, until it is written. */
  track(note: Promise<void>): void {
    this.notes.add(note);
    void note.finally(() => this.notes.delete(note));
  }

  /** Resolves when every note is written: a replica that ends before leaves calls behind that seem unanswered. */
  async settled(): Promise<void> {
    while (this.notes.size > 0) await Promise.all(this.notes);
  }

  private remove(call: string): void {
    this.calls.delete(call);
    if (this.calls.size > 0) return;
    clearInterval(this.timer);
    this.timer = undefined;
  }

  private turn(): void {
    const [oldest = this.interval] = this.calls.values();
    if (oldest < this.interval) this.beat();
    this.interval++;
  }

  private beat(): void {
    this.track(
      this.fences
        .beat(this.replica, this.now())
        .catch((error: Error) => this.log.warn({ event: 'beat_not_written', reason: error.message })),
    );
  }
}
