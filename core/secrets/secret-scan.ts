import { type Automaton, NONE } from './automaton';
import { FOLDED } from './folding';
import { BACKSLASH, PERCENT, U, Unescaping } from './unescaping';

/** A secret in a text, in bytes from its beginning. */
export interface Hit {
  readonly start: number;
  readonly end: number;
  readonly name: string;
  /** Bytes of the form that was found. */
  readonly length: number;
}

/**
 * Finds secrets in a text that comes in pieces, cut anywhere: in one pass over it as it is written, and as it is meant once its escapes
 * are undone. Where it has no escapes both are the same.
 */
export class SecretScan {
  /** Those found and not taken yet, in order and apart from each other. */
  readonly hits: Hit[] = [];
  /** Bytes seen. */
  #at = 0;
  /** State of the automaton for the text as it is written, and as it is meant. */
  #written = 0;
  #meant = 0;
  /** Present once there has been an escape that is more than a backslash. */
  #unescaping?: Unescaping;
  /** Where the latest bytes of the text as it is meant begin. */
  readonly #starts: Float64Array;
  #count = 0;
  /** Where backslashes begin that nothing has followed yet; -1 where there are none. */
  #slashes = -1;

  constructor(private readonly automaton: Automaton) {
    this.#starts = new Float64Array(2 ** Math.ceil(Math.log2(automaton.longest + 16)));
  }

  get at(): number {
    return this.#at;
  }

  /** From where on what was seen may belong to a secret that is not whole yet. */
  get openFrom(): number {
    const { depth } = this.automaton;
    const written = this.#startAt(this.#at - (depth[this.#written] as number));
    const meant = depth[this.#meant] === 0 ? this.#at : this.#startOf(depth[this.#meant] as number);
    return Math.min(written, meant, this.#escapeAt ?? this.#at);
  }

  /** Nearly all that passes is no escape, or one backslash before a quote: that much is done here, and the rest of it elsewhere. */
  push(bytes: Uint8Array): void {
    const { columns, next, found, width } = this.automaton;
    const starts = this.#starts;
    const last = starts.length - 1;
    const first = this.#at;
    let written = this.#written;
    let meant = this.#meant;
    let count = this.#count;
    let slashes = this.#slashes;
    let isPlain = this.#unescaping?.begunAt === undefined;
    for (let i = 0; i < bytes.length; i++) {
      const byte = bytes[i] as number;
      const before = written;
      written = next[before * width + (columns[byte] as number)] as number;
      if (isPlain && byte === BACKSLASH) {
        if (slashes < 0) slashes = first + i;
      } else if (isPlain && byte !== PERCENT && (slashes < 0 || byte !== U)) {
        meant = meant === before ? written : (next[meant * width + (columns[byte] as number)] as number);
        starts[count++ & last] = slashes < 0 ? first + i : slashes;
        slashes = -1;
        if (found[meant] !== NONE) {
          this.#count = count;
          this.#hitMeant(found[meant] as number, first + i + 1);
        }
      } else {
        this.#meant = meant;
        this.#count = count;
        this.#unescaping ??= new Unescaping((...meaning) => this.#mean(...meaning));
        if (slashes >= 0) this.#unescaping.take(BACKSLASH, slashes, first + i);
        slashes = -1;
        this.#unescaping.take(byte, first + i, first + i + 1);
        meant = this.#meant;
        count = this.#count;
        isPlain = this.#unescaping.begunAt === undefined;
      }
      if (found[written] !== NONE) {
        this.#at = first + i + 1;
        this.#count = count;
        this.#slashes = slashes;
        this.#hitWritten(found[written] as number);
      }
    }
    this.#at = first + bytes.length;
    this.#written = written;
    this.#meant = meant;
    this.#count = count;
    this.#slashes = slashes;
  }

  /** Where an escape begins that is not over. */
  get #escapeAt(): number | undefined {
    return this.#slashes < 0 ? this.#unescaping?.begunAt : this.#slashes;
  }

  #mean(byte: number, start: number, end: number): void {
    const { columns, next, found, width } = this.automaton;
    this.#meant = next[this.#meant * width + (columns[FOLDED[byte] as number] as number)] as number;
    this.#starts[this.#count++ & (this.#starts.length - 1)] = start;
    const hit = found[this.#meant] as number;
    if (hit !== NONE) this.#hitMeant(hit, end);
  }

  #hitMeant(pattern: number, end: number): void {
    const { name, form } = this.automaton.patterns[pattern] as { name: string; form: Uint8Array };
    this.#note({ start: this.#startOf(form.length), end, name, length: form.length });
  }

  #hitWritten(pattern: number): void {
    const { name, form } = this.automaton.patterns[pattern] as { name: string; form: Uint8Array };
    this.#note({ start: this.#startAt(this.#at - form.length), end: this.#at, name, length: form.length });
  }

  /** Of so many latest bytes as they are meant. */
  #startOf(length: number): number {
    return this.#starts[(this.#count - length) & (this.#starts.length - 1)] as number;
  }

  /** No escape is cut in two: what begins within one begins where that does. */
  #startAt(position: number): number {
    const begun = this.#escapeAt;
    if (begun !== undefined && begun < position) return begun;
    for (let back = 1; back <= Math.min(this.#count, this.#starts.length); back++) {
      const start = this.#startOf(back);
      if (start <= position) return position === this.#at ? position : start;
    }
    return position;
  }

  #note(hit: Hit): void {
    let { start, end, name, length } = hit;
    for (let last = this.hits.at(-1); last !== undefined && last.end > start; last = this.hits.at(-1)) {
      start = Math.min(start, last.start);
      end = Math.max(end, last.end);
      if (last.length > length) ({ name, length } = last);
      this.hits.pop();
    }
    this.hits.push({ start, end, name, length });
  }
}
