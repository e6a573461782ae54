import { availableParallelism } from 'node:os';

/** Longest time that one that starts keeps others waiting, in milliseconds. */
const TURN_MS = 15_000;
const LEAST = 4;

/** Gives a turn back; again does nothing. */
export type GiveBack = () => void;

/**
 * How many tasks start at once on this machine. Each loads its programs, which is all work; of sixty that do so together on two processors none
 * is healthy in its time.
 */
export class StartTurns {
  private readonly waiting: (() => void)[] = [];
  private taken = 0;

  constructor(
    private readonly limit = Math.max(LEAST, 2 * availableParallelism()),
    private readonly turnMs = TURN_MS,
  ) {}

  /** Resolves when it is the caller's turn, in the order in which they came. */
  async take(): Promise<GiveBack> {
    if (this.taken >= this.limit) await new Promise<void>((begin) => this.waiting.push(begin));
    else this.taken++;
    let given = false;
    const giveBack = (): void => {
      if (given) return;
      given = true;
      clearTimeout(timer);
      this.passOn();
    };
    const timer = setTimeout(giveBack, this.turnMs);
    timer.unref();
    return giveBack;
  }

  private passOn(): void {
    const next = this.waiting.shift();
    if (next === undefined) this.taken--;
    else next();
  }
}
