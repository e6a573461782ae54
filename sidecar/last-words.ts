/** The latest diagnostics of a child that has not shown yet that it works, for the operator if it never does. */
export class LastWords {
  #lines: string[] = [];

  /** @param maxBytes of all lines together */
  constructor(
    private readonly maxLines: number,
    private readonly maxBytes: number,
  ) {}

  /** @param line without any value that the child was given: of what is cut here, a half could be left */
  add(line: string): void {
    this.#lines.push(line.slice(-this.maxBytes));
    if (this.#lines.length > this.maxLines) this.#lines.shift();
  }

  /** What was written last. */
  take(): string {
    const bytes = Buffer.from(this.#lines.join('\n'));
    this.#lines = [];
    // A cut may fall into a character.
    return bytes
      .subarray(-this.maxBytes)
      .toString()
      .replace(/^\u{fffd}+/u, '');
  }
}
