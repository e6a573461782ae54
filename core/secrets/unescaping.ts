/** Hears one byte of the text as it is meant, and from where to where it is written. */
export type Emit = (byte: number, start: number, end: number) => void;

export const BACKSLASH = 0x5c;
export const PERCENT = 0x25;
export const U = 0x75;

/**
 * Undoes escapes of JSON and of URLs, in each other either way. Texts stand in texts in texts, so that they are not counted: backslashes in
 * front of a character are left out however many they are, and `%2525…` is one percent sign. What is told from each other by that alone
 * is the same here.
 */
export class Unescaping {
  /** The outermost first. Of what one byte each was escaped, an escape may come out. */
  readonly #layers: readonly (JsonEscapes | PercentEscapes)[];

  constructor(emit: Emit) {
    const inner = new JsonEscapes(emit);
    const once = new PercentEscapes((byte, start, end) => inner.take(byte, start, end));
    const twice = new PercentEscapes((byte, start, end) => once.take(byte, start, end));
    this.#layers = [new JsonEscapes((byte, start, end) => twice.take(byte, start, end)), twice, once, inner];
  }

  /** Where the escape begins that is not over; undefined between two. */
  get begunAt(): number | undefined {
    let begun: number | undefined;
    // What is further in came first.
    for (const layer of this.#layers) begun = layer.begunAt ?? begun;
    return begun;
  }

  take(byte: number, start: number, end: number): void {
    this.#layers[0]?.take(byte, start, end);
  }
}

type Written = Parameters<Emit>;

/** `\"`, `\n`, `\u0041` (RFC 8259 § 7). */
class JsonEscapes {
  #state: 'plain' | 'slashes' | 'unicode' = 'plain';
  #from = 0;
  /** What may be a code unit, its `u` first. */
  #unit: Written[] = [];
  /** First half of a character that is written as two. */
  #high = 0;

  constructor(private readonly emit: Emit) {}

  get begunAt(): number | undefined {
    return this.#state === 'plain' && this.#high === 0 ? undefined : this.#from;
  }

  take(byte: number, start: number, end: number): void {
    if (this.#state === 'unicode') this.#collect(byte, start, end);
    else if (byte === BACKSLASH) {
      if (this.#state === 'plain' && this.#high === 0) this.#from = start;
      this.#state = 'slashes';
    } else if (this.#state === 'slashes' && byte === U) {
      this.#state = 'unicode';
      this.#unit = [[byte, start, end]];
    } else {
      const from = this.#state === 'slashes' ? this.#from : start;
      this.#state = 'plain';
      this.#high = 0;
      this.emit(byte, from, end);
    }
  }

  #collect(byte: number, start: number, end: number): void {
    if (!isHex(byte)) {
      this.#giveUp();
      this.take(byte, start, end);
      return;
    }
    this.#unit.push([byte, start, end]);
    if (this.#unit.length === 5) this.#decode(hexOf(this.#unit), end);
  }

  #decode(unit: number, end: number): void {
    this.#state = unit === BACKSLASH ? 'slashes' : 'plain';
    if (unit === BACKSLASH) return;
    const high = this.#high;
    this.#high = unit >= 0xd800 && unit < 0xdc00 ? unit : 0;
    if (this.#high > 0) return;
    const units = unit >= 0xdc00 && unit < 0xe000 && high > 0 ? [high, unit] : [unit];
    for (const byte of Buffer.from(String.fromCharCode(...units))) this.emit(byte, this.#from, end);
  }

  /** It was none: what was taken for it stands for itself. */
  #giveUp(): void {
    this.#state = 'plain';
    this.#high = 0;
    for (const [at, [byte, start, end]] of this.#unit.entries()) this.emit(byte, at === 0 ? this.#from : start, end);
  }
}

/** `%41` (RFC 3986 § 2.1). */
class PercentEscapes {
  /** What may be one, its percent sign first; empty between two. */
  #octet: Written[] = [];

  constructor(private readonly emit: Emit) {}

  get begunAt(): number | undefined {
    return this.#octet[0]?.[1];
  }

  take(byte: number, start: number, end: number): void {
    const [first] = this.#octet;
    if (first === undefined) {
      if (byte === PERCENT) this.#octet = [[byte, start, end]];
      else this.emit(byte, start, end);
      return;
    }
    if (!isHex(byte)) {
      for (const written of this.#octet.splice(0)) this.emit(...written);
      this.take(byte, start, end);
      return;
    }
    this.#octet.push([byte, start, end]);
    if (this.#octet.length < 3) return;
    const decoded = hexOf(this.#octet);
    this.#octet = [];
    this.take(decoded, first[1], end);
  }
}

function isHex(byte: number): boolean {
  return (byte >= 0x30 && byte <= 0x39) || (byte >= 0x41 && byte <= 0x46) || (byte >= 0x61 && byte <= 0x66);
}

/** Of the hexadecimal digits behind the first one written. */
function hexOf(written: readonly Written[]): number {
  return Number.parseInt(String.fromCharCode(...written.slice(1).map(([digit]) => digit)), 16);
}
