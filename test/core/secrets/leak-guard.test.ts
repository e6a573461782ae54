import { describe, expect, test } from '@jest/globals';
import { LeakGuard } from '../../../core/secrets/leak-guard';
import { Dice } from '../dice';
import { ENCODINGS, isJson, passedThrough, randomSecret, randomText } from './generator';

const guardOf = (...values: string[]) => new LeakGuard(values.map((value, at) => ({ name: `S${at}`, value })));

describe('whatever a server does to a secret within one message', () => {
  test.each(Array.from({ length: 60 }, (_, seed) => seed))('it does not leave: seed %d', (seed) => {
    const dice = new Dice(seed);
    const value = randomSecret(dice);
    const guard = guardOf(value, randomSecret(dice));
    for (const [encoding, encode] of Object.entries(ENCODINGS)) {
      const [before, after] = [randomText(dice), randomText(dice)];
      const coded = encode(value, dice);
      const text = `${before}${coded}${after}`;
      const { passed, masked } = passedThrough(guard, text, dice);
      expect([encoding, passed.includes(coded), masked]).toEqual([encoding, false, ['S0']]);
      expect(passed).toContain('[secret S0]');
      expect(guard.mask(text)).toBe(passed);
    }
  });

  test.each(Array.from({ length: 40 }, (_, seed) => seed))('what is JSON stays JSON, and all else of it stays: seed %d', (seed) => {
    const dice = new Dice(seed);
    const value = randomSecret(dice);
    const text = JSON.stringify({
      before: randomText(dice),
      leak: { text: JSON.stringify({ value }) },
      [value]: [value],
      after: randomText(dice),
    });
    const { passed } = passedThrough(guardOf(value), text, dice);
    expect(isJson(passed)).toBe(true);
    const read = JSON.parse(passed) as Record<string, unknown>;
    const { before, after } = JSON.parse(text) as Record<string, unknown>;
    expect(read).toEqual({ before, leak: { text: '{"value":"[secret S0]"}' }, '[secret S0]': ['[secret S0]'], after });
  });
});

test.each(Array.from({ length: 40 }, (_, seed) => seed))('a text without secrets passes byte for byte: seed %d', (seed) => {
  const dice = new Dice(seed);
  const guard = guardOf(randomSecret(dice), randomSecret(dice));
  const text = Array.from({ length: 20 }, () => randomText(dice)).join('');
  const { passed, masked } = passedThrough(guard, text, dice);
  expect(passed).toBe(text);
  expect(masked).toEqual([]);
});

test('of a secret that is a document of secrets, each is one', () => {
  const guard = new LeakGuard([{ name: 'DB', value: '{"user":"app","password":"correct horse battery","hosts":["db.internal.example"]}' }]);
  expect(guard.mask('user app, password correct horse battery at db.internal.example')).toBe(
    'user app, password [secret DB] at [secret DB]',
  );
});

test('one that contains another, overlaps with another, or comes twice is told once for each place', () => {
  const guard = guardOf('abcdefgh', 'abcdefghijkl', 'ijklmnopqr');
  expect(guard.mask('abcdefgh abcdefghijklmnopqr abcdefghabcdefgh')).toBe('[secret S0] [secret S1] [secret S0][secret S0]');
});

test('what is too short is named and not looked for', () => {
  const guard = guardOf('short', ' 1234567\n', 'long enough');
  expect(guard.unguarded).toEqual(['S0', 'S1']);
  expect(guard.mask('a short text with 1234567')).toBe('a short text with 1234567');
});

test.each(Array.from({ length: 40 }, (_, seed) => seed))(
  'a secret that messages of a stream tell in pieces is never whole: seed %d',
  (seed) => {
    const dice = new Dice(seed);
    const value = randomSecret(dice);
    const answer = guardOf(value).answer(true, () => undefined);
    const characters = [...value];
    let passed = '';
    const tell = () => {
      for (let at = 0; at < characters.length; ) {
        const size = dice.integer(1, 9);
        const message = characters.slice(at, at + size).join('');
        const params = seed % 2 === 0 ? { progressToken: 1, progress: at, message } : { level: 'info', data: { message } };
        const method = 'data' in params ? 'notifications/message' : 'notifications/progress';
        passed += answer.push(Buffer.from(`event: message\ndata: ${JSON.stringify({ jsonrpc: '2.0', method, params })}\n\n`));
        at += size;
      }
    };
    expect(tell).toThrow(expect.objectContaining({ name: 'SecretTold', secret: 'S0' }));
    const told = [...passed.matchAll(/"message":("(?:[^"\\]|\\.)*")/g)].map(([, text]) => JSON.parse(text as string) as string).join('');
    expect(told).not.toContain(value);
    expect(value.startsWith(told)).toBe(true);
  },
);

test('messages of a stream that tell nothing pass as they are', () => {
  const guard = guardOf('abcdefghijkl');
  const answer = guard.answer(true, () => undefined);
  const event = (message: string) =>
    `data: ${JSON.stringify({ jsonrpc: '2.0', method: 'notifications/progress', params: { message } })}\n\n`;
  for (const text of ['abcdef', 'ab', 'ghijkl', 'no abcdefg'].map(event)) expect(answer.push(Buffer.from(text)).toString()).toBe(text);
});
