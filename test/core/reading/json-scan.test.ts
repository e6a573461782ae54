import { describe, expect, test } from '@jest/globals';
import { ANSWER_BOUNDS, type JsonBounds, REQUEST_BOUNDS, scanJson } from '../../../core/reading/json-scan';
import { Dice } from '../dice';

const accepts = (text: string, bounds: JsonBounds = ANSWER_BOUNDS): boolean => {
  try {
    scanJson(text, bounds);
    return true;
  } catch {
    return false;
  }
};

const parses = (text: string): boolean => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};

/** Texts that are JSON or nearly so: made of its own tokens, one of them now and then another. */
function text(dice: Dice, depth = 3): string {
  const space = dice.chance(0.2) ? dice.pick([' ', '\n', '\r', '\t', '\u00a0', '\v']) : '';
  const scalar = (): string =>
    dice.pick([
      ...['0', '-0', '1.5', '1e9', '-1E-2', '01', '1.', '.5', '+1', '1e', 'NaN', 'Infinity', '0x1', '1_0', '-'],
      ...['"a"', '"\\u0041"', '"\\ud83d\\ude00"', '"\\x"', '"\\u12"', '"\u0001"', '"\\\\"', '"\\\\\\""', "'a'", '"', '"é\u2028"', '""'],
      ...['true', 'false', 'null', 'True', 'nul', 'undefined', ''],
    ]);
  if (depth === 0 || dice.chance(0.4)) return `${space}${scalar()}${space}`;
  const items = Array.from({ length: dice.integer(0, 3) }, () => text(dice, depth - 1));
  const comma = dice.chance(0.05) ? dice.pick([',,', ';', ' ', ',]']) : ',';
  if (dice.chance(0.5)) return `${space}[${items.join(comma)}${dice.chance(0.04) ? ',' : ''}]${space}`;
  const colon = dice.chance(0.05) ? dice.pick(['', '::', '=']) : ':';
  return `${space}{${items.map((item, index) => `"${dice.pick(['a', 'b', '\\n', '__proto__'])}${index}"${colon}${item}`).join(comma)}}${space}`;
}

describe('scanJson', () => {
  test('takes for JSON what JSON.parse does, over 40,000 texts that are JSON or nearly so', () => {
    const dice = new Dice(8);
    let well = 0;
    for (let i = 0; i < 40_000; i++) {
      const candidate = text(dice);
      if (accepts(candidate) !== parses(candidate)) throw new Error(`${JSON.stringify(candidate)}: JSON.parse says ${parses(candidate)}`);
      if (parses(candidate)) well++;
    }
    expect(well).toBeGreaterThan(5_000);
    expect(well).toBeLessThan(35_000);
  });

  test('counts what a text holds', () => {
    expect(scanJson('{"a":[1,{"b":"x:y"},{}],"c":null}', ANSWER_BOUNDS)).toEqual({ members: 3, values: 7 });
  });

  const bounds: JsonBounds = { depth: 3, values: 6, nameLength: 4, numberLength: 5, interoperable: true };
  test.each<[string, string, string]>([
    ['depth', '[[[0]]]', '[[[[0]]]]'],
    ['values', '[1,2,3,4,5]', '[1,2,3,4,5,6]'],
    ["a name's length", '{"abcd":0}', '{"abcde":0}'],
    ["a number's length", '12345', '123456'],
    ['what a double holds', '-1e9', '1e400'],
    ['well-formed text', '"\\ud83d\\ude00"', '"\\ud83d"'],
    ['well-formed names', '{"é":"\\u00e9"}', '["\\udc00"]'],
  ])('bounds %s', (_, within, beyond) => {
    expect([accepts(within, bounds), accepts(beyond, bounds)]).toEqual([true, false]);
  });

  test.each([
    ['arrays', '['],
    ['objects', '{"a":'],
  ])('gives nested %s up at the bound, not at their end', (_, opening) => {
    expect(() => scanJson(opening.repeat(1_000_000), REQUEST_BOUNDS)).toThrow('nested deeper than 128');
  });
});
