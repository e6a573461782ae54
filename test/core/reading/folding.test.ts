import { describe, expect, test } from '@jest/globals';
import { ambiguousName, foldCase } from '../../../core/reading/folding';

const known = new Set(['name', 'arguments', '_meta']);

describe('foldCase', () => {
  test('makes the same of two characters wherever simple case folding does, over the whole of Unicode', () => {
    for (let code = 0; code <= 0x10ffff; code++) {
      if (code >= 0xd800 && code <= 0xdfff) continue;
      const char = String.fromCodePoint(code);
      for (const other of [char.toLowerCase(), char.toUpperCase()]) {
        if ([...other].length !== 1 || other === char) continue;
        // The engine's own simple case folding (ECMAScript § 22.2.2.7.3).
        const same = new RegExp(`^\\u{${code.toString(16)}}$`, 'iu').test(other);
        if (same && foldCase(char) !== foldCase(other)) throw new Error(`U+${code.toString(16)} against ${JSON.stringify(other)}: ${same}`);
      }
    }
  });
});

describe('ambiguousName', () => {
  test.each<[string, string[]]>([
    ['a name that is read and its like', ['name', 'Name']],
    ['only the like of a name that is read', ['NAME']],
    ['two likes of nothing that is read', ['x-trace', 'X-Trace']],
    ['the long s', ['argument\u017f']],
    ['the Turkish i', ['n\u0131me', 'N\u0130ME']],
    ['the Kelvin sign beside k', ['k', '\u212a']],
  ])('finds %s', (_, names) => {
    expect(ambiguousName(names, known)).toBe(names.at(-1));
  });

  test.each<[string, string[]]>([
    ['what is read', ['name', 'arguments', '_meta']],
    ['what is not read', ['cursor', 'naming']],
    ['the same letter with another accent', ['n\u00e4me', 'name']],
  ])('leaves %s alone', (_, names) => {
    expect(ambiguousName(names, known)).toBeUndefined();
  });
});
