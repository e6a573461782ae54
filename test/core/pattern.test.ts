import { describe, expect, test } from '@jest/globals';
import { covers } from '../../core/pattern';
import { Dice } from './dice';

/** The same by trying every length for every `*`. */
function slowly(pattern: string, text: string): boolean {
  if (pattern === '') return text === '';
  if (pattern[0] !== '*') return text[0] === pattern[0] && slowly(pattern.slice(1), text.slice(1));
  for (let taken = 0; taken <= text.length; taken++) if (slowly(pattern.slice(1), text.slice(taken))) return true;
  return false;
}

describe('a pattern', () => {
  test.each<[string, string, boolean]>([
    ['*', '', true],
    ['*', 'docs://a/b', true],
    ['docs://a', 'docs://a', true],
    ['docs://a', 'docs://A', false],
    ['docs://a/*', 'docs://a/', true],
    ['docs://a/*', 'docs://a/b/c', true],
    ['docs://a/*', 'docs://a', false],
    ['*/end', 'x/end', true],
    ['a*a', 'a', false],
    ['a*a', 'aa', true],
    ['a.c', 'abc', false],
    ['[ab]', 'a', false],
    ['a?', 'ab', false],
  ])('%s, of %s: %s', (pattern, text, covered) => {
    expect(covers(pattern, text)).toBe(covered);
  });

  test('covers what it covers when every length is tried for every *', () => {
    const dice = new Dice(20261127);
    const word = (letters: readonly string[], most: number) =>
      Array.from({ length: dice.integer(0, most) }, () => dice.pick(letters)).join('');
    const wrong: string[] = [];
    for (let n = 0; n < 20_000; n++) {
      const [pattern, text] = [word(['a', 'b', '*'], 7), word(['a', 'b'], 9)];
      if (covers(pattern, text) !== slowly(pattern, text)) wrong.push(`${pattern} of ${text}`);
    }
    expect(wrong).toEqual([]);
  });

  test('is read in one go, however many * it has', () => {
    expect(covers(`${'a*'.repeat(500)}b`, 'a'.repeat(100_000))).toBe(false);
  });
});
