import type { Clock } from '../clock';

/** How many may be begun: at first as many as are kept, then one for each that is asked for, and one more from time to time. */
export class Allowance {
  #left: number;
  #grewAt: number;

  /**
   * @param most that are saved up
   * @param every how often it grows by itself, in milliseconds
   */
  constructor(
    private readonly most: number,
    private readonly every: number,
    private readonly clock: Clock,
  ) {
    this.#left = most;
    this.#grewAt = clock.now();
  }

  /** When there is one, in milliseconds since the epoch: now or before, where there is. */
  get readyAt(): number {
    this.#grow();
    return this.#left > 0 ? this.#grewAt : this.#grewAt + this.every;
  }

  earn(): void {
    this.#grow();
    this.#left = Math.min(this.#left + 1, this.most);
  }

  spend(): void {
    this.#left--;
  }

  #grow(): void {
    const grown = Math.floor((this.clock.now() - this.#grewAt) / this.every);
    this.#left = Math.min(this.#left + grown, this.most);
    this.#grewAt += grown * this.every;
  }
}
