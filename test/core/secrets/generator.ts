import type { LeakGuard } from '../../../core/secrets/leak-guard';
import type { Dice } from '../dice';

const ALPHABETS = [
  'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789',
  '0123456789abcdef',
  'abcXYZ0189-_+/=.~',
  '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~ unrtbf',
  'äöüß€😀日本語-kK',
  'ab\n\r\t\\"%',
];

/** A value as companies have them, or worse. */
export function randomSecret(dice: Dice): string {
  const alphabet = [...dice.pick(ALPHABETS)];
  const characters = Array.from({ length: dice.integer(12, 70) }, () => dice.pick(alphabet)).join('');
  // A mark of its own: two of them shall not be in one another.
  return `k${dice.integer(1_000, 9_999)}${characters}${dice.integer(1_000, 9_999)}z`;
}

const WORDS = [
  'the ',
  'balance',
  ' of ',
  '\n',
  '"',
  '\\',
  '\\\\u00',
  '%',
  '%2',
  '{"text":"',
  'é',
  '😀',
  '\u0007',
  'k',
  'k1',
  'eyJ',
  '\\n',
  '0x',
];

export function randomText(dice: Dice): string {
  // What comes behind the half of an escape belongs to it.
  return Array.from({ length: dice.integer(0, 12) }, () => dice.pick(WORDS))
    .join('')
    .replace(/(%2?|\\u00)$/, '$1 ');
}

type Encode = (value: string, dice: Dice) => string;

const json: Encode = (value) => JSON.stringify(value).slice(1, -1);
/** Base64 of a text in which the value stands somewhere: its own part of it. */
const within =
  (coding: 'base64' | 'base64url'): Encode =>
  (value, dice) => {
    const before = 'x'.repeat(dice.integer(0, 5));
    const bytes = Buffer.from(value).length;
    const text = Buffer.from(`${before}${value}and more`).toString(coding);
    return text.slice(Math.ceil((before.length * 8) / 6), Math.floor(((before.length + bytes) * 8) / 6));
  };

/** What a server may do to a value. */
export const ENCODINGS: Readonly<Record<string, Encode>> = {
  raw: (value) => value,
  json,
  'json in json': (value, dice) => json(json(value, dice), dice),
  'json in json in json': (value, dice) => json(json(json(value, dice), dice), dice),
  'json in unicode': (value) => [...Array(value.length).keys()].map((at) => unit(value.charCodeAt(at))).join(''),
  'json in part in unicode': (value, dice) =>
    [...Array(value.length).keys()]
      .map((at) => (dice.chance(0.5) || isSurrogate(value.charCodeAt(at)) ? unit(value.charCodeAt(at)) : json(value.charAt(at), dice)))
      .join(''),
  url: (value) => encodeURIComponent(value),
  form: (value) => new URLSearchParams({ '': value }).toString().slice(1),
  'url in url': (value) => encodeURIComponent(encodeURIComponent(value)),
  'every byte for a url': (value) => Buffer.from(value).toString('hex').replace(/../g, '%$&'),
  'url in json': (value, dice) => json(encodeURIComponent(value), dice),
  hex: (value) => Buffer.from(value).toString('hex'),
  HEX: (value) => Buffer.from(value).toString('hex').toUpperCase(),
  base64: within('base64'),
  base64url: within('base64url'),
  'base64 for a url': (value, dice) => encodeURIComponent(within('base64')(value, dice)),
};

function unit(code: number): string {
  return `\\u${code.toString(16).padStart(4, '0')}`;
}

function isSurrogate(code: number): boolean {
  return code >= 0xd800 && code < 0xe000;
}

/** A text in random chunks, cut also within characters. */
export function passedThrough(guard: LeakGuard, text: string, dice: Dice, isStream = false): { passed: string; masked: string[] } {
  const masked: string[] = [];
  const answer = guard.answer(isStream, (name) => masked.push(name));
  const bytes = Buffer.from(text);
  const passed: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const size = dice.pick([1, 2, 3, 7, 40, 1_000]);
    passed.push(answer.push(bytes.subarray(at, at + size)));
    at += size;
  }
  passed.push(answer.rest());
  return { passed: Buffer.concat(passed).toString(), masked };
}

export function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
