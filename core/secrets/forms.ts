import { folded } from './folding';
import { Unescaping } from './unescaping';

/** A secret, and the name by which a text tells that it was there. */
export interface NamedSecret {
  readonly name: string;
  readonly value: string;
}

/** Shorter values stand in many a text by chance, and are not looked for. In characters. */
export const SHORTEST_SECRET = 8;
/** A secret may be a JSON document of some values; deeper ones are its own affair. */
const DEEPEST = 4;
const BACKSLASH = 0x5c;

/** Every form in which a value is looked for, each as folded bytes: as it is and escaped, in base64 and in hex. */
export function formsOf(value: string): Uint8Array[] {
  const forms = valuesIn(value).flatMap((text) => {
    const bytes = Buffer.from(text);
    const hex = bytes.toString('hex');
    return [
      withoutLastSlashes(folded(bytes)),
      unescaped(bytes),
      // Where a percent sign of its own stands before digits, escaping may have told them from each other.
      folded(bytes.filter((byte) => byte !== BACKSLASH)),
      ...base64Of(bytes),
      folded(Buffer.from(hex)),
      Buffer.from(hex.toUpperCase()),
    ];
  });
  return forms.filter(({ length }) => length >= SHORTEST_SECRET);
}

/** The value itself, and each long one in it where it is a JSON document: servers read its members, and show those. */
export function valuesIn(value: string): string[] {
  return [...new Set([value.trim(), ...textsOf(parsed(value), DEEPEST)])].filter(({ length }) => length >= SHORTEST_SECRET);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function textsOf(json: unknown, depth: number): string[] {
  if (typeof json === 'string') return [json.trim()];
  if (typeof json !== 'object' || json === null || depth === 0) return [];
  return Object.values(json).flatMap((member) => textsOf(member, depth - 1));
}

/** A text that ends in one could be an escape's beginning where it is masked; without it, it is found as well. */
function withoutLastSlashes(form: Uint8Array): Uint8Array {
  let { length } = form;
  while (form[length - 1] === BACKSLASH) length--;
  return form.subarray(0, length);
}

function unescaped(bytes: Uint8Array): Uint8Array {
  const meant: number[] = [];
  const unescaping = new Unescaping((byte) => meant.push(byte));
  for (const [at, byte] of bytes.entries()) unescaping.take(byte, at, at + 1);
  return folded(Uint8Array.from(meant));
}

/** The characters of base64 that the value alone decides, for each of the three places at which it can stand in what is encoded. */
function base64Of(bytes: Buffer): Uint8Array[] {
  return [0, 1, 2].map((before) => {
    const text = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64');
    return folded(Buffer.from(text.slice(Math.ceil((before * 8) / 6), Math.floor(((before + bytes.length) * 8) / 6))));
  });
}
