import { FOLDED } from './folding';
import type { NamedSecret } from './forms';
import { type PiecedValue, piecedValuesOf, SHORTEST_PIECE, type WrittenForm } from './piece-forms';

/** Part of a value, in bytes from its beginning. */
export interface Piece {
  /** Index of the value. */
  readonly value: number;
  readonly start: number;
  readonly end: number;
}

/** Characters by which a piece is looked up. */
const GRAM = 4;
/** Whatever stands at one place of so many is looked at. */
const STRIDE = SHORTEST_PIECE - GRAM + 1;
/** Places of one gram that are looked at: a value that repeats itself has many. */
const MOST_PLACES = 16;

interface Place {
  readonly value: number;
  readonly form: number;
  readonly at: number;
}

/**
 * Finds pieces of secrets in a text. It looks at some of the text's places only: a piece is long enough to be at one of them, wherever it
 * stands. So it costs little beside the search for whole secrets.
 */
export class PieceIndex {
  readonly values: readonly (PiecedValue & { readonly name: string })[];
  readonly #places = new Map<number, Place[]>();
  /** One bit for each gram that may be there, by its hash. */
  readonly #filter: Uint8Array;
  readonly #shift: number;

  constructor(secrets: readonly NamedSecret[]) {
    this.values = secrets.flatMap(({ name, value }) => piecedValuesOf(value).map((pieced) => ({ name, ...pieced })));
    this.values.forEach(({ forms }, value) => {
      forms.forEach(({ form: text }, form) => {
        for (let at = 0; at + GRAM <= text.length; at++) for (const gram of gramsAt(text, at)) this.#note(gram, { value, form, at });
      });
    });
    const bits = Math.min(24, Math.max(15, Math.ceil(Math.log2(this.#places.size + 1)) + 6));
    this.#shift = 32 - bits;
    this.#filter = new Uint8Array(2 ** (bits - 3));
    for (const gram of this.#places.keys()) {
      const hash = hashOf(gram, this.#shift);
      this.#filter[hash >>> 3] = (this.#filter[hash >>> 3] as number) | (1 << (hash & 7));
    }
  }

  /** Tells each piece in a text. */
  find(text: Uint8Array, found: (piece: Piece) => void): void {
    const view = new DataView(text.buffer, text.byteOffset, text.byteLength);
    const filter = this.#filter;
    const shift = this.#shift;
    const last = text.length - GRAM;
    for (let at = 0; at <= last; at += STRIDE) {
      const gram = view.getInt32(at, true);
      const hash = hashOf(gram, shift);
      if (((filter[hash >>> 3] as number) & (1 << (hash & 7))) !== 0) at = this.#tellAt(text, at, gram, found);
    }
  }

  /** @returns from where on to look for what comes next */
  #tellAt(text: Uint8Array, at: number, gram: number, found: (piece: Piece) => void): number {
    let next = at;
    for (const { value, form: index, at: place } of this.#places.get(gram) ?? []) {
      const { forms, length } = this.values[value] as PiecedValue;
      const form = forms[index] as WrittenForm;
      const { form: written, shortestPiece } = form;
      let before = 0;
      while (before < place && before < at && written[place - before - 1] === FOLDED[text[at - before - 1] as number]) before++;
      let behind = GRAM;
      while (
        place + behind < written.length &&
        at + behind < text.length &&
        written[place + behind] === FOLDED[text[at + behind] as number]
      )
        behind++;
      if (before + behind < shortestPiece) continue;
      found({ value, ...toldBy(form, place - before, place + behind, length) });
      next = Math.max(next, at + behind - GRAM);
    }
    return next;
  }

  #note(gram: number, place: Place): void {
    const places = this.#places.get(gram) ?? [];
    this.#places.set(gram, places);
    if (places.length < MOST_PLACES) places.push(place);
  }
}

/** The part of a value that some characters of a form tell. */
function toldBy({ bits, offset, places }: WrittenForm, from: number, to: number, length: number): { start: number; end: number } {
  if (places !== undefined) return { start: places[from] as number, end: (places[to - 1] as number) + 1 };
  const start = Math.max(0, Math.floor((offset + from * bits) / 8));
  return { start, end: Math.min(length, Math.ceil((offset + to * bits) / 8)) };
}

/** The grams that mean what stands at a place of a form, as they may be spelt without control characters. */
function gramsAt(form: Uint8Array, at: number): readonly number[] {
  let grams = [0];
  for (let index = 0; index < GRAM; index++) {
    const spelt = SPELLINGS[form[at + index] as number] ?? [];
    grams = grams.flatMap((gram) => spelt.map((byte) => gram | (byte << (8 * index))));
  }
  return grams;
}

/** Printable bytes that each symbol is spelt by. */
const SPELLINGS: readonly (readonly number[])[] = Array.from({ length: 256 }, (_, symbol) =>
  [...Array(256).keys()].filter((byte) => FOLDED[byte] === symbol && byte >= 0x20),
);

/** Knuth's multiplicative hash; its upper bits are the good ones. */
function hashOf(gram: number, shift: number): number {
  return Math.imul(gram, 0x9e3779b1) >>> shift;
}
