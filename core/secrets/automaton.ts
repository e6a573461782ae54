import { FOLDED } from './folding';

/** A form of a secret, in folded bytes. */
export interface Pattern {
  readonly name: string;
  readonly form: Uint8Array;
}

/** What an automaton says of a state in which no pattern ends. */
export const NONE = -1;

/**
 * Looks for all patterns at once (Aho and Corasick, 1975): from each state a byte leads to the next, and each state says which is the
 * longest pattern that ends there. One table; bytes that are in no pattern share a column.
 */
export class Automaton {
  /** Column of a byte. */
  readonly columns = new Uint16Array(256);
  readonly width: number;
  /** State after a byte: at `state * width + column`. */
  readonly next: Int32Array;
  /** Index of the longest pattern that ends in a state, or {@link NONE}. */
  readonly found: Int32Array;
  /** How many bytes of a pattern have been seen in a state. */
  readonly depth: Int32Array;
  readonly longest: number;

  constructor(readonly patterns: readonly Pattern[]) {
    const symbols = [...new Set(patterns.flatMap(({ form }) => [...form]))];
    this.width = symbols.length + 1;
    for (let byte = 0; byte < 256; byte++) this.columns[byte] = symbols.indexOf(FOLDED[byte] as number) + 1;
    const states = patterns.reduce((sum, { form }) => sum + form.length, 1);
    this.next = new Int32Array(states * this.width);
    this.found = new Int32Array(states).fill(NONE);
    this.depth = new Int32Array(states);
    this.longest = Math.max(0, ...patterns.map(({ form }) => form.length));
    this.#link(this.#plant());
  }

  /** Makes a tree of them. @returns its states, the shallower ones first in each branch */
  #plant(): number {
    let states = 1;
    for (const [index, { form }] of this.patterns.entries()) {
      let state = 0;
      for (const symbol of form) {
        const way = state * this.width + (this.columns[symbol] as number);
        if (this.next[way] === 0) {
          this.depth[states] = (this.depth[state] as number) + 1;
          this.next[way] = states++;
        }
        state = this.next[way] as number;
      }
      if (this.found[state] === NONE) this.found[state] = index;
    }
    return states;
  }

  /** Where no pattern goes on, the longest end of what was seen that begins another one does. */
  #link(states: number): void {
    const { next, found, width } = this;
    const fail = new Int32Array(states);
    const queue = new Int32Array(states);
    let waiting = 1;
    for (let done = 0; done < waiting; done++) {
      const state = queue[done] as number;
      const other = fail[state] as number;
      if (found[state] === NONE) found[state] = found[other] as number;
      for (let column = 0; column < width; column++) {
        const way = state * width + column;
        const elsewhere = state === 0 ? 0 : (next[other * width + column] as number);
        const child = next[way] as number;
        if (child === 0) next[way] = elsewhere;
        else {
          fail[child] = elsewhere;
          queue[waiting++] = child;
        }
      }
    }
  }
}
