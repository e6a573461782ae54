import type { Exchange } from './exchange';

/** How many streams of one session are remembered, so that who comes back to one is known. */
const REMEMBERED = 64;

/** One GET stream of a session. Who comes back to it after a cut, by the id of one of its events, goes on with the same one. */
export interface Listener {
  readonly exchange: Exchange;
  readonly stream: number;
}

/** Where a message stands in the stream on which it was written: a session's message is written on one of them only. */
export interface Written {
  readonly stream: number;
  readonly number: number;
}

/** Those who listen to one session, and what each of their streams has had. */
export class Listeners {
  /** Who came first comes first. */
  readonly #open: Listener[] = [];
  /** Number of the last message on each stream, the oldest stream first. */
  readonly #last = new Map<number, number>();
  #streams = 0;

  get count(): number {
    return this.#open.length;
  }

  /** Who is told: the one who came last, for whoever came before may be there no more, and nobody have noticed. */
  get current(): Listener | undefined {
    return this.#open.findLast(({ exchange }) => !exchange.closed);
  }

  /** Whether somebody may come back to it. */
  knows(stream: number): boolean {
    return this.#last.has(stream);
  }

  lastOn(stream: number): number {
    return this.#last.get(stream) ?? 0;
  }

  /** @param stream to which it comes back; whoever is on it still has been cut, and is ended */
  add(exchange: Exchange, stream = ++this.#streams): Listener {
    this.#open.find((other) => other.stream === stream)?.exchange.end();
    if (!this.#last.has(stream)) this.#last.set(stream, 0);
    const listener = { exchange, stream };
    this.#open.push(listener);
    this.#forgetOld();
    return listener;
  }

  remove(listener: Listener): void {
    const at = this.#open.indexOf(listener);
    if (at >= 0) this.#open.splice(at, 1);
  }

  /** The next message is written to it. */
  write({ stream }: Listener): Written {
    const number = this.lastOn(stream) + 1;
    this.#last.set(stream, number);
    return { stream, number };
  }

  endAll(): void {
    for (const { exchange } of [...this.#open]) exchange.end();
  }

  #forgetOld(): void {
    for (const stream of this.#last.keys()) {
      if (this.#last.size <= REMEMBERED) return;
      if (!this.#open.some((listener) => listener.stream === stream)) this.#last.delete(stream);
    }
  }
}
