/** What is wrong with a record, or a row. */
export type Fault =
  /** It is not there. */
  | 'missing'
  /** It is not as it was written, or none was written so. */
  | 'edited'
  /** It stands before, or behind, its place. */
  | 'reordered'
  /** It stands there once more. */
  | 'duplicated'
  /** It was written past the ledger's protocol. */
  | 'outside'
  /** Table and archive do not say the same. */
  | 'differs'
  /** Its agent's key does not open it, or is gone, and nobody has said that it was shredded. */
  | 'unreadable';

export interface Finding {
  readonly fault: Fault;
  /** Which record of the chain, or row, and where. */
  readonly what: string;
  readonly why: string;
}

/** Those that are kept: who has more of them reads the first, and knows how many there are. */
const MOST = 10_000;

/** What was found, as far as anybody reads it. */
export class Findings {
  readonly first: Finding[] = [];
  /** How many there are beyond the first ones. */
  more = 0;

  note(fault: Fault, what: string, why: string): void {
    this.add({ fault, what, why });
  }

  add(finding: Finding): void {
    if (this.first.length < MOST) this.first.push(finding);
    else this.more++;
  }
}
