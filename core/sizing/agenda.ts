import type { Timeline } from './timeline';

interface Entry {
  readonly at: number;
  /** Of two at one moment, the one that was entered first comes first. */
  readonly order: number;
  readonly act: () => void;
}

/** Things that happen at moments of a time that nobody waits for: a binary heap. */
export class Agenda implements Timeline {
  /** Milliseconds. */
  now = 0;
  private readonly heap: Entry[] = [];
  private order = 0;

  at(ms: number, act: () => void): void {
    const { heap } = this;
    const entry = { at: ms, order: this.order++, act };
    let hole = heap.length;
    heap.push(entry);
    while (hole > 0) {
      const up = (hole - 1) >> 1;
      const parent = heap[up] as Entry;
      if (!before(entry, parent)) break;
      heap[hole] = parent;
      hole = up;
    }
    heap[hole] = entry;
  }

  in(ms: number, act: () => void): void {
    this.at(this.now + ms, act);
  }

  every(period: number, act: () => void): void {
    this.in(period, () => {
      act();
      this.every(period, act);
    });
  }

  run(until: number): void {
    for (let next = this.heap[0]; next !== undefined && next.at <= until; next = this.heap[0]) {
      this.removeFirst();
      this.now = next.at;
      next.act();
    }
    this.now = until;
  }

  private removeFirst(): void {
    const { heap } = this;
    const last = heap.pop() as Entry;
    const { length } = heap;
    if (length === 0) return;
    let hole = 0;
    for (let child = 1; child < length; child = 2 * hole + 1) {
      if (child + 1 < length && before(heap[child + 1] as Entry, heap[child] as Entry)) child++;
      if (!before(heap[child] as Entry, last)) break;
      heap[hole] = heap[child] as Entry;
      hole = child;
    }
    heap[hole] = last;
  }
}

function before(one: Entry, other: Entry): boolean {
  return one.at < other.at || (one.at === other.at && one.order < other.order);
}
