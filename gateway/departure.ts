/** Why what was under way for somebody is given up. One for all: an error of its own would cost more than a whole call may. */
const LEFT = Object.assign(new Error('nobody waits for it any more'), { name: 'AbortError' });

/**
 * The moment from which nobody waits any more: a client has left, or has been answered. What an AbortSignal tells, without the events
 * and errors that it makes each time.
 */
export class Departure {
  private waiting: (() => void)[] = [];
  private passed = false;

  /** Over as soon as one of them is. */
  static any(...departures: readonly Departure[]): Departure {
    const any = new Departure();
    for (const departure of departures) departure.whenOver(() => any.end());
    return any;
  }

  /** Over as soon as all of them are. */
  static all(...departures: readonly Departure[]): Departure {
    const all = new Departure();
    let left = departures.length;
    for (const departure of departures)
      departure.whenOver(() => {
        if (--left === 0) all.end();
      });
    return all;
  }

  /** Over by itself. @param ms milliseconds from now */
  static after(ms: number): Departure {
    const departure = new Departure();
    setTimeout(() => departure.end(), ms).unref();
    return departure;
  }

  get over(): boolean {
    return this.passed;
  }

  /** With what to end what was under way. */
  get reason(): Error {
    return LEFT;
  }

  /** Acts once it is over: at once where it is already. */
  whenOver(act: () => void): void {
    if (this.passed) act();
    else this.waiting.push(act);
  }

  end(): void {
    if (this.passed) return;
    this.passed = true;
    const { waiting } = this;
    this.waiting = [];
    for (const act of waiting) act();
  }
}
