import type { Clock } from '../clock';
import type { Limits } from '../limits';
import type { Logger } from '../log';

/** What goes wrong one time after another: tried again later and later, and told once. */
export class Setbacks {
  #count = 0;
  #notBefore = 0;
  #why?: string;
  #isTold = false;
  /** At first, what is not there yet is tried often, and is no news. */
  #isPatient = true;

  constructor(
    private readonly clock: Clock,
    private readonly limits: Limits,
    private readonly log: Logger,
  ) {}

  /** When it may be tried again, in milliseconds since the epoch. */
  get notBefore(): number {
    return this.#notBefore;
  }

  /** Of many in one moment, the first one counts. */
  note(why: string): void {
    const now = this.clock.now();
    if (now < this.#notBefore) return;
    const { warmRetry, warmRetryMost, warmRetryAtStart } = this.limits;
    this.#notBefore = now + Math.min(warmRetry * 2 ** this.#count, this.#isPatient ? warmRetryAtStart : warmRetryMost);
    this.#count++;
    this.#why = why;
    if (!this.#isPatient) this.#tell();
  }

  /** What was got was of use. */
  clear(): void {
    this.#count = 0;
    this.#why = undefined;
    this.#isTold = false;
  }

  endPatience(): void {
    this.#isPatient = false;
    this.#tell();
  }

  #tell(): void {
    if (this.#isTold || this.#why === undefined) return;
    this.#isTold = true;
    this.log.warn({ reason: this.#why }, 'warming_failed');
  }
}
