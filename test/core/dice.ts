import { between, type Random, randomOf } from '../chaos/random';

/** Choices that are the same for the same seed. */
export class Dice {
  private readonly random: Random;

  constructor(seed: number) {
    this.random = randomOf(String(seed));
  }

  chance(probability: number): boolean {
    return this.random() < probability;
  }

  /** A whole number from `low` to `high`. */
  integer(low: number, high: number): number {
    return between(this.random, low, high + 1);
  }

  pick<T>(choices: readonly T[]): T {
    return choices[this.integer(0, choices.length - 1)] as T;
  }
}
