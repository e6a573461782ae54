import type { Dispatcher } from 'undici';

/** What waits for a connection. */
export interface Turn {
  /** There is one. */
  begin(pool: Dispatcher): void;
}

/**
 * The connections to an endpoint, each for one request at a time, in the order in which they come. Undici has a queue as well, but
 * nobody can leave it: for every request that has waited too long it would open a connection, only to close it.
 */
export class Connections {
  private readonly waiting = new Set<Turn>();
  private taken = 0;

  constructor(
    readonly pool: Dispatcher,
    private readonly most: number,
  ) {}

  take(turn: Turn): void {
    if (this.taken >= this.most) {
      this.waiting.add(turn);
      return;
    }
    this.taken++;
    turn.begin(this.pool);
  }

  /** Whether it has had its turn or not. */
  leave(turn: Turn): void {
    if (this.waiting.delete(turn)) return;
    const [next] = this.waiting;
    if (next === undefined) {
      this.taken--;
      return;
    }
    this.waiting.delete(next);
    next.begin(this.pool);
  }
}
