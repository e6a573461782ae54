import type { Clock } from './clock';
import type { Limits } from './limits';
import type { Logger } from './log';

/** Variables that every child has and that hide nothing. */
const PLAIN = ['PATH', 'HOME', 'TMPDIR', 'LANG'];
/** A shorter value would be found in words that have nothing to do with it. */
const SHORTEST_VALUE = 6;
/** What a line weighs beside its text, in bytes. */
const LINE_BYTES = 256;
/** How long it is counted what is not told, before it is told how much that was. In milliseconds. */
const COUNTED_MS = 1_000;

/**
 * What children write on standard error, told line by line. Each is text inside a line of the sidecar's own: printed as it is, a line of
 * JSON would be taken for metrics, in whosever name it says (CloudWatch embedded metric format: "_aws" at the top is all that it needs).
 * All children together have so much room and no more.
 */
export class ChildWords {
  readonly #values: readonly (readonly [name: string, value: string])[];
  #room: number;
  #filledAt: number;
  #untold = 0;

  /** @param environment the children's; a value of it is told by its name */
  constructor(
    environment: Readonly<Record<string, string>>,
    private readonly clock: Clock,
    private readonly limits: Pick<Limits, 'childWordsBytes' | 'childWordsBytesPerSecond'>,
    private readonly log: Logger,
  ) {
    // A value of several lines, such as a key, is written line by line.
    this.#values = Object.entries(environment).flatMap(([name, value]) =>
      PLAIN.includes(name) ? [] : value.split(/\r?\n/).flatMap((part) => (part.length < SHORTEST_VALUE ? [] : [[name, part] as const])),
    );
    this.#room = limits.childWordsBytes;
    this.#filledAt = clock.now();
  }

  /** @returns the line without any value that children were given */
  tell(pid: number | undefined, line: string): string {
    const text = this.#values.reduce((masked, [name, value]) => masked.replaceAll(value, `[${name}]`), line);
    if (this.#takeRoom(Buffer.byteLength(text) + LINE_BYTES)) this.log.info({ pid, text }, 'child_said');
    else this.#countUntold();
    return text;
  }

  #takeRoom(bytes: number): boolean {
    const now = this.clock.now();
    const { childWordsBytes, childWordsBytesPerSecond } = this.limits;
    this.#room = Math.min(childWordsBytes, this.#room + ((now - this.#filledAt) / 1_000) * childWordsBytesPerSecond);
    this.#filledAt = now;
    if (bytes > this.#room) return false;
    this.#room -= bytes;
    return true;
  }

  #countUntold(): void {
    this.#untold++;
    if (this.#untold > 1) return;
    this.clock.after(COUNTED_MS, () => {
      this.log.warn({ lines: this.#untold }, 'child_words_untold');
      this.#untold = 0;
    });
  }
}
