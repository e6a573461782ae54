import type { Holding } from './budget';

/** Messages that wait for a reader, bounded in number and bytes; the oldest give way. */
export class Backlog {
  #messages: string[] = [];
  #bytes = 0;
  /** How many were dropped. */
  dropped = 0;

  constructor(
    private readonly maxMessages: number,
    private readonly maxBytes: number,
    private readonly holding: Holding,
  ) {}

  add(message: string): void {
    const bytes = Buffer.byteLength(message);
    while (!this.holding.grow(bytes)) {
      if (!this.#dropOldest()) {
        this.dropped++;
        return;
      }
    }
    this.#messages.push(message);
    this.#bytes += bytes;
    while (this.#messages.length > this.maxMessages || this.#bytes > this.maxBytes) this.#dropOldest();
  }

  /** Takes everything out, oldest first. */
  drain(): string[] {
    const messages = this.#messages;
    this.#messages = [];
    this.#bytes = 0;
    this.holding.release();
    return messages;
  }

  #dropOldest(): boolean {
    const oldest = this.#messages.shift();
    if (oldest === undefined) return false;
    const bytes = Buffer.byteLength(oldest);
    this.#bytes -= bytes;
    this.holding.shrink(bytes);
    this.dropped++;
    return true;
  }
}
