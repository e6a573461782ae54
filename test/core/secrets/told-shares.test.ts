import { expect, test } from '@jest/globals';
import { SecretTold } from '../../../core/secrets/guarded-answer';
import { LeakGuard } from '../../../core/secrets/leak-guard';
import { ToldShares } from '../../../core/secrets/told-shares';
import { Dice } from '../dice';
import { randomText } from './generator';

let now = 0;
const ALPHABET = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_+/=.';
/** With what JSON escapes. */
const ODD = `${ALPHABET}"\\\n`;
const keyOf = (dice: Dice, length: number, alphabet = ALPHABET) => Array.from({ length }, () => dice.pick([...alphabet])).join('');

/** What a server may do to each piece by itself. */
const CODINGS: Readonly<Record<string, (piece: string, dice: Dice) => string>> = {
  raw: (piece) => piece,
  json: (piece) => JSON.stringify({ piece }),
  unicode: (piece) => [...piece].map((one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`).join(''),
  'unicode in json': (piece, dice) => JSON.stringify(CODINGS.unicode?.(piece, dice)),
  url: (piece) => Buffer.from(piece).toString('hex').replace(/../g, '%$&'),
  'url in url': (piece) => Buffer.from(piece).toString('hex').replace(/../g, '%25$&'),
  hex: (piece) => Buffer.from(piece).toString('hex'),
  HEX: (piece) => Buffer.from(piece).toString('hex').toUpperCase(),
  base64: (piece, dice) => Buffer.from(`${'x'.repeat(dice.integer(0, 3))}${piece}yz`).toString('base64'),
  base64url: (piece) => Buffer.from(piece).toString('base64url'),
};

/** Pieces that cover a value, in any order. */
function piecesOf(value: string, dice: Dice): string[] {
  const count = dice.integer(2, 4);
  const cutAt = (at: number) => Math.round((at * value.length) / count);
  const pieces = Array.from({ length: count }, (_, at) => value.slice(cutAt(at), cutAt(at + 1)));
  return pieces.toSorted(() => dice.integer(0, 1) - 0.5);
}

/** One answer of some text, in random chunks. @returns what passed of it */
function answered(guard: LeakGuard, text: string, reader: string, dice: Dice): string | undefined {
  const answer = guard.answer(false, () => undefined, reader);
  const bytes = Buffer.from(text);
  const passed: Buffer[] = [];
  try {
    for (let at = 0; at < bytes.length; ) {
      const size = dice.pick([1, 3, 50, 1_000]);
      passed.push(answer.push(bytes.subarray(at, at + size)));
      at += size;
    }
    passed.push(answer.rest());
  } catch (error) {
    if (error instanceof SecretTold) return undefined;
    throw error;
  }
  return Buffer.concat(passed).toString();
}

test.each(Array.from({ length: 60 }, (_, seed) => seed))(
  'a secret that several answers to one reader tell in pieces is never whole: seed %d',
  (seed) => {
    const dice = new Dice(seed);
    for (const coding of Object.keys(CODINGS)) {
      // The ends of a secret are no space.
      const value = `k${keyOf(dice, dice.integer(32, 80), dice.pick([ALPHABET, ODD]))}z`;
      const guard = new LeakGuard([
        { name: 'S', value },
        { name: 'T', value: keyOf(dice, 40) },
      ]);
      const pieces = piecesOf(value, dice);
      const passed = pieces.map((piece) => {
        const coded = (CODINGS[coding] as (typeof CODINGS)[string])(piece, dice);
        // To another one, nothing was told before.
        expect(answered(guard, `${randomText(dice)} part: ${coded}`, `other ${piece}`, dice)).toBeDefined();
        return answered(guard, `${randomText(dice)} part: ${coded} ${randomText(dice)}`, 'reader', dice);
      });
      expect([coding, value, pieces, passed.slice(0, 1).includes(undefined), passed.includes(undefined)]).toEqual([
        coding,
        value,
        pieces,
        false,
        true,
      ]);
      // Once it is told, no piece of it passes any more.
      expect(answered(guard, pieces[0] as string, 'reader', dice)).toBeUndefined();
      expect(answered(guard, 'nothing of it', 'reader', dice)).toBe('nothing of it');
    }
  },
);

test('pieces in several codings, and in one answer apart from each other, are put together', () => {
  const value = 'sk-live-51H8xQ2eZvKYlo2C0aBcDeFgHiJkLmNo';
  const [first, second, third] = [value.slice(0, 13), value.slice(13, 27), value.slice(27)] as [string, string, string];
  const dice = new Dice(1);
  const guard = new LeakGuard([{ name: 'S', value }]);
  expect(answered(guard, first, 'a', dice)).toBe(first);
  expect(answered(guard, Buffer.from(second).toString('hex'), 'a', dice)).toBeDefined();
  expect(answered(guard, Buffer.from(third).toString('base64'), 'a', dice)).toBeUndefined();
  expect(answered(guard, `third ${third}, first ${first}, second ${second}`, 'b', dice)).toBeUndefined();
});

test('what a secret has in common with other texts is no piece that matters', () => {
  const value = 'postgres://app:kX9-2m_Qw81@db.prod.internal:5432/payments';
  const guard = new LeakGuard([{ name: 'URL', value }]);
  const dice = new Dice(2);
  for (const text of ['postgres://app:***@db.prod.internal:5432/payments', 'db.prod.internal', 'the payments at :5432/payments']) {
    for (let round = 0; round < 10; round++) expect(answered(guard, text, 'reader', dice)).toBe(text);
  }
});

test('texts without any are read by many, and nothing is remembered of them; those who were told something are forgotten in time', () => {
  const dice = new Dice(3);
  const value = keyOf(dice, 64);
  const shares = new ToldShares([{ name: 'S', value }], () => now);
  for (let reader = 0; reader < 3_000; reader++) {
    expect(shares.answerTo(`none ${reader}`)(Buffer.from(keyOf(dice, 300)))).toBeUndefined();
  }
  expect(shares.readers).toBe(0);
  for (let reader = 0; reader < 3_000; reader++) shares.answerTo(`${reader}`)(Buffer.from(value.slice(0, 20)));
  expect(shares.readers).toBe(1_000);
});

test('a value that repeats itself is looked for in no more time', () => {
  const value = 'a'.repeat(400);
  const shares = new ToldShares([{ name: 'S', value }], () => now);
  expect(shares.answerTo('reader')(Buffer.from(`${'a'.repeat(200)} `.repeat(500)))).toBeUndefined();
  expect(shares.answerTo('reader')(Buffer.from('b'.repeat(100_000)))).toBeUndefined();
});

test('what was told a day ago is forgotten', () => {
  const value = keyOf(new Dice(4), 48);
  const shares = new ToldShares([{ name: 'S', value }], () => now);
  const hear = (text: string) => shares.answerTo('reader')(Buffer.from(text));
  expect([hear(value.slice(0, 24)), hear(value.slice(24)), hear(value.slice(0, 24))]).toEqual([undefined, 'S', 'S']);
  now += 24 * 3_600_000;
  expect([hear(value.slice(0, 24)), hear(value.slice(24))]).toEqual([undefined, 'S']);
});

test.each([
  ['numbers', '4929871203348871', (dice: Dice) => String(dice.integer(0, 99_999_999))],
  [
    'hashes',
    '9f86d081884c7d659a2feaa0c55ad015',
    (dice: Dice) => keyOf(dice, 30).replace(/./g, (one) => (one.charCodeAt(0) % 16).toString(16)),
  ],
])('of a secret that looks like %s, others are no pieces', (_, value, text) => {
  const dice = new Dice(5);
  const shares = new ToldShares([{ name: 'S', value }], () => now);
  for (let round = 0; round < 200; round++) {
    const answer = Array.from({ length: 200 }, () => text(dice)).join(' ');
    expect(shares.answerTo('reader')(Buffer.from(answer))).toBeUndefined();
  }
});
