import type { Act } from '../faults';
import type { CutPosition } from '../links/answer';
import { between, type Random, randomOf } from '../random';

/** Answers are rarely longer than this, in bytes; what is cut behind their end is not cut. */
const ANSWER_BYTES = 900;
const PROGRESS_BYTES = 400;

/** How much a fault is: the same for the same seed and call. All times in milliseconds. */
export class Dice {
  private readonly random: Random;

  constructor(seed: number, reference: string) {
    this.random = randomOf(`${seed} ${reference} dice`);
  }

  /** Early bytes more often than late ones: there are answers of every length. */
  cutPosition(behind: CutPosition['behind']): CutPosition {
    const longest = behind === 'head' ? ANSWER_BYTES : PROGRESS_BYTES;
    return { behind, bytes: Math.floor(this.random() ** 2 * longest) };
  }

  delay(): number {
    return between(this.random, 50, 400);
  }

  stall(): number {
    return between(this.random, 300, 2000);
  }

  /** Short: who asks a server whether something has landed counts on it that nothing stays on the way for long. */
  pause(): number {
    return between(this.random, 300, 2500);
  }

  /** How long an endpoint is away. */
  outage(act: Act): number {
    return between(this.random, 200, act.kind === 'endpoint' && act.how === 'pause' ? 2500 : 1500);
  }
}
