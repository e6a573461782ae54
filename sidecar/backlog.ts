/** Messages that wait for a reader, bounded in number and bytes; the oldest give way. */
export class Backlog {
  #messages: string[] = [];
  #bytes = 0;
  /** How many were dropped. */
  dropped = 0;

  constructor(
    private readonly maxMessages: number,
    private readonly maxBytes: number,
  ) {}

  add(message: string): void {
    this.#messages.push(message);
    this.#bytes += message.length;
    while (this.#messages.length > this.maxMessages || this.#bytes > this.maxBytes) {
      this.#bytes -= this.#messages.shift()?.length ?? 0;
      this.dropped++;
    }
  }

  /** Takes everything out, oldest first. */
  drain(): string[] {
    const messages = this.#messages;
    this.#messages = [];
    this.#bytes = 0;
    return messages;
  }
}
