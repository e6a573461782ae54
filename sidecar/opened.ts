/**
 * Things that are open, in the order in which they were opened. An array, because a Set that is filled and emptied all the time leaves
 * tables behind, each of which holds on to the next and to all that was in it until the whole heap is collected.
 */
export class Opened<T> implements Iterable<T> {
  readonly #items: T[] = [];

  get size(): number {
    return this.#items.length;
  }

  add(item: T): void {
    this.#items.push(item);
  }

  /** What was opened last is closed first, as a rule. @returns whether it was there */
  delete(item: T): boolean {
    const at = this.#items.lastIndexOf(item);
    if (at >= 0) this.#items.splice(at, 1);
    return at >= 0;
  }

  find(fits: (item: T) => boolean): T | undefined {
    return this.#items.find(fits);
  }

  findLast(fits: (item: T) => boolean): T | undefined {
    return this.#items.findLast(fits);
  }

  /** Goes through what is open now, whatever is closed meanwhile. */
  [Symbol.iterator](): Iterator<T> {
    return this.#items.slice()[Symbol.iterator]();
  }
}
