import { withoutEscapes } from './escapes';
import type { NamedSecret } from './forms';
import { isBackslashed } from './piece-forms';
import { type Piece, PieceIndex } from './piece-index';

/** Readers of whom it is remembered what they were told, and bytes that this may take. */
const MOST_READERS = 1_000;
const MOST_BYTES = 8 * 1024 * 1024;
/** Bytes of an answer that are looked at again with what follows them: a piece may be cut in two, and each character of it be spelt in many. */
const OVERLAP = 192;
/** A value is told when no more than this part of it is not: who has the rest guesses it, and pieces leave a remainder. */
const UNTOLD_PART = 1 / 8;

/** How long it is remembered what was told of a value since its first piece, in milliseconds: in time, texts by chance have pieces of anything. */
const REMEMBERED_MS = 24 * 3_600_000;

const NOTHING = new Uint8Array(0);

/** What was told of one value: one for each of its bytes that was. */
interface Told {
  readonly bytes: Uint8Array;
  left: number;
  /** Milliseconds since the epoch. */
  readonly since: number;
}

/** Knows a secret that is told in pieces over several answers to one reader, in whatever order and with whatever between them. */
export class ToldShares {
  readonly #index: PieceIndex;
  /** By reader, then by value; who was told something last comes last. */
  readonly #readers = new Map<string, Map<number, Told>>();
  readonly #mostReaders: number;
  /** Whether pieces may stand in a text with backslashes in them. */
  readonly #isBackslashed: boolean;

  /** @param now milliseconds since the epoch */
  constructor(
    secrets: readonly NamedSecret[],
    private readonly now: () => number,
  ) {
    this.#index = new PieceIndex(secrets);
    this.#isBackslashed = secrets.some(({ value }) => isBackslashed(value));
    const bytes = this.#index.values.reduce((sum, { length }) => sum + length, 1);
    this.#mostReaders = Math.max(1, Math.min(MOST_READERS, Math.floor(MOST_BYTES / bytes)));
  }

  /** How many readers are remembered. */
  get readers(): number {
    return this.#readers.size;
  }

  /**
   * One answer to a reader.
   * @returns hears its bytes as they pass, and gives the name of the secret that is told with them
   */
  answerTo(reader: string): (bytes: Uint8Array) => string | undefined {
    let tail: Uint8Array = NOTHING;
    return (bytes) => {
      if (bytes.length === 0) return undefined;
      const text = tail.length === 0 ? bytes : Buffer.concat([tail, bytes]);
      tail = text.subarray(Math.max(0, text.length - OVERLAP));
      return this.#hear(reader, text);
    };
  }

  #hear(reader: string, text: Uint8Array): string | undefined {
    let secret: string | undefined;
    const hear = (piece: Piece) => {
      if (this.#note(reader, piece)) secret ??= this.#index.values[piece.value]?.name;
    };
    this.#index.find(text, hear);
    const meant = withoutEscapes(text, this.#isBackslashed);
    if (meant !== undefined) this.#index.find(meant, hear);
    return secret;
  }

  /** @returns whether the value is told with it; from then on with each piece of it */
  #note(reader: string, { value, start, end }: Piece): boolean {
    const told = this.#toldOf(reader, value);
    for (let at = start; at < end; at++) {
      if (told.bytes[at] === 0) told.left--;
      told.bytes[at] = 1;
    }
    return told.left <= told.bytes.length * UNTOLD_PART;
  }

  #toldOf(reader: string, value: number): Told {
    const values = this.#readers.get(reader) ?? new Map<number, Told>();
    this.#readers.delete(reader);
    this.#readers.set(reader, values);
    if (this.#readers.size > this.#mostReaders) this.#readers.delete(this.#readers.keys().next().value as string);
    const { length } = this.#index.values[value] as { length: number };
    const known = values.get(value);
    if (known !== undefined && this.now() - known.since < REMEMBERED_MS) return known;
    const told = { bytes: new Uint8Array(length), left: length, since: this.now() };
    values.set(value, told);
    return told;
  }
}
