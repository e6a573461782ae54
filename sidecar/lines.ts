import type { Holding } from './budget';

/** How much of an overlong line's beginning is told. In bytes. */
const BEGINNING = 4 * 1024;
/** How much of its end. */
const ENDING = 128;

export interface LineEvents {
  readonly onLine: (line: string) => void;
  /** A line is longer than may be held: told at once, though it goes on. */
  readonly onOverlong: (beginning: string) => void;
  /** It is over. */
  readonly onOverlongEnd?: (ending: string) => void;
}

/** Splits a stream of bytes into lines of text; a line that is longer than may be held is reported and left out. */
export class Lines {
  #held: Buffer[] = [];
  #size = 0;
  /** The end of a line that is too long; undefined while the line is not. */
  #ending?: string;

  /**
   * @param limit bytes of a line
   * @param holding room for lines that are not whole yet
   */
  constructor(
    private readonly limit: number,
    private readonly holding: Holding,
    private readonly events: LineEvents,
  ) {}

  push(chunk: Buffer): void {
    let start = 0;
    for (let end = chunk.indexOf(0x0a); end >= 0; end = chunk.indexOf(0x0a, start)) {
      this.#hold(chunk.subarray(start, end));
      this.#emit();
      start = end + 1;
    }
    if (start < chunk.length) this.#hold(chunk.subarray(start));
  }

  #hold(part: Buffer): void {
    if (this.#ending !== undefined) {
      this.#ending = (this.#ending + part.toString('latin1', Math.max(0, part.length - ENDING))).slice(-ENDING);
      return;
    }
    this.#held.push(part);
    this.#size += part.length;
    if (this.#size <= this.limit && this.holding.grow(part.length)) return;
    this.#ending = part.toString('latin1', Math.max(0, part.length - ENDING));
    const beginning = beginningOf(this.#held);
    this.#letGo();
    this.events.onOverlong(beginning);
  }

  #emit(): void {
    const ending = this.#ending;
    const held = this.#held;
    this.#letGo();
    this.#ending = undefined;
    if (ending !== undefined) {
      this.events.onOverlongEnd?.(ending.trimEnd());
      return;
    }
    const line = (held.length === 1 ? (held[0] as Buffer) : Buffer.concat(held)).toString().trim();
    if (line !== '') this.events.onLine(line);
  }

  #letGo(): void {
    this.#held = [];
    this.#size = 0;
    this.holding.release();
  }
}

function beginningOf(parts: readonly Buffer[]): string {
  let beginning = Buffer.alloc(0);
  for (const part of parts) {
    if (beginning.length >= BEGINNING) break;
    beginning = Buffer.concat([beginning, part.subarray(0, BEGINNING - beginning.length)]);
  }
  return beginning.toString();
}
