/** A pause before what the app itself has written makes it synthesize again, doubled with each time in a row, in milliseconds. */
const FIRST_PAUSE = 1000;
const LONGEST_PAUSE = 60_000;
/** After so many of them in a row it is said. */
const SAID_AFTER = 3;

/** Keeps a build that writes something else each time from synthesizing for ever. */
export class Repetition {
  /** What was written while the last assembly was made. */
  private leftOver: ReadonlySet<string> = new Set();
  /** How often in a row that alone has led to a round. */
  private times = 0;

  /** A round begins. @returns whether it is time to say that it repeats itself */
  isTold(changes: ReadonlySet<string>): boolean {
    const isOwn = this.leftOver.size > 0 && [...changes].every((path) => this.leftOver.has(path));
    this.times = isOwn ? this.times + 1 : 0;
    return this.times === SAID_AFTER;
  }

  /** @returns how long what was left over may wait, in milliseconds */
  pauseFor(leftOver: Iterable<string>): number {
    this.leftOver = new Set(leftOver);
    return this.times === 0 ? 0 : Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (this.times - 1));
  }
}
