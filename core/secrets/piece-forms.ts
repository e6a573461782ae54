import { folded } from './folding';
import { valuesIn } from './forms';

/** One way to write a value: each character of it tells so many of the value's bits. */
export interface WrittenForm {
  /** Folded bytes. */
  readonly form: Uint8Array;
  readonly bits: 4 | 6 | 8;
  /** Characters of it that are no piece by chance. */
  readonly shortestPiece: number;
  /** Where the first character stands in the value, in bits; below zero where it tells of what is before the value, too. */
  readonly offset: number;
  /** Where each character stands in the value, in bytes; present where some of the value are left out. */
  readonly places?: readonly number[];
}

/** A value of which pieces are looked for. */
export interface PiecedValue {
  /** In bytes. */
  readonly length: number;
  readonly forms: readonly WrittenForm[];
}

const BACKSLASH = 0x5c;

/** Whether a secret has characters that JSON writes with a backslash (RFC 8259 § 7). */
export function isBackslashed(secret: string): boolean {
  const text = secret.trim();
  return JSON.stringify(text).length > text.length + 2;
}

/** How many characters no text has by chance, by what they are: 35 to 40 bits. */
const LEAST: readonly (readonly [RegExp, number])[] = [
  [/^\d*$/, 12],
  [/^[\da-f]*$/i, 10],
  [/^[^A-Z]*$|^[^a-z]*$/, 8],
  [/^/, 6],
];
/** The shortest that any form may have. */
export const SHORTEST_PIECE = 6;

/** The ways in which pieces of a secret are looked for: as it is, in base64 wherever a piece stands in what is encoded, and in hex. */
export function piecedValuesOf(secret: string): readonly PiecedValue[] {
  return valuesIn(secret).map((text) => {
    const bytes = Buffer.from(text);
    const hex = bytes.toString('hex');
    return {
      length: bytes.length,
      forms: [
        formOf(bytes, 8),
        ...meantIn(bytes),
        ...[0, 1, 2].map((before) => base64Of(bytes, before)),
        formOf(Buffer.from(hex), 4),
        formOf(Buffer.from(hex.toUpperCase()), 4),
      ],
    };
  });
}

/** As it is meant where it stands in JSON: of backslashes nobody knows which were its own. */
function meantIn(bytes: Buffer): WrittenForm[] {
  const places = [...bytes.keys()].filter((at) => bytes[at] !== BACKSLASH);
  return places.length === bytes.length
    ? []
    : [
        {
          ...formOf(
            bytes.filter((byte) => byte !== BACKSLASH),
            8,
          ),
          places,
        },
      ];
}

/** @param before bytes that stand before the value in what is encoded */
function base64Of(bytes: Buffer, before: number): WrittenForm {
  const text = Buffer.concat([Buffer.alloc(before), bytes])
    .toString('base64')
    .replace(/=+$/, '');
  const first = Math.ceil((before * 8) / 6);
  return formOf(Buffer.from(text.slice(first)), 6, first * 6 - before * 8);
}

function formOf(written: Uint8Array, bits: WrittenForm['bits'], offset = 0): WrittenForm {
  const text = Buffer.from(written).toString('latin1');
  const shortestPiece = LEAST.find(([characters]) => characters.test(text))?.[1] ?? SHORTEST_PIECE;
  return { form: folded(written), bits, shortestPiece, offset };
}
