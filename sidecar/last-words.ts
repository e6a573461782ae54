/** Variables that every child has and that hide nothing. */
const PLAIN = ['PATH', 'HOME', 'TMPDIR', 'LANG'];
/** A shorter value would be found in words that have nothing to do with it. */
const SHORTEST_VALUE = 6;

/** The latest diagnostics of a child that has not shown yet that it works, for the operator if it never does. */
export class LastWords {
  readonly #values: readonly (readonly [name: string, value: string])[];
  #lines: string[] = [];

  /**
   * @param environment the child's; a value of it is told by its name
   * @param maxBytes of all lines together
   */
  constructor(
    environment: Readonly<Record<string, string>>,
    private readonly maxLines: number,
    private readonly maxBytes: number,
  ) {
    // A value of several lines, such as a key, is written line by line.
    this.#values = Object.entries(environment).flatMap(([name, value]) =>
      PLAIN.includes(name) ? [] : value.split(/\r?\n/).flatMap((part) => (part.length < SHORTEST_VALUE ? [] : [[name, part] as const])),
    );
  }

  /** Before anything is cut, so that no half of a value is left. */
  add(line: string): void {
    const masked = this.#values.reduce((text, [name, value]) => text.replaceAll(value, `[${name}]`), line);
    this.#lines.push(masked.slice(-this.maxBytes));
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
