import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { JsonFault, REQUEST_BOUNDS, scanJson } from '../../../core/reading/json-scan';

/** Steps of a scan: each is one match of a pattern that begins where the last one ended. */
let steps: jest.SpiedFunction<typeof RegExp.prototype.test>;
beforeEach(() => {
  steps = jest.spyOn(RegExp.prototype, 'test');
});
afterEach(() => steps.mockRestore());

function stepsOf(text: string): number {
  steps.mockClear();
  try {
    scanJson(text, { ...REQUEST_BOUNDS, values: Number.POSITIVE_INFINITY });
  } catch (error) {
    if (!(error instanceof JsonFault)) throw error;
  }
  return steps.mock.calls.length;
}

describe('the steps of a scan are linear in the text:', () => {
  test.each<[string, (size: number) => string]>([
    ['numbers', (size) => `[${'0,'.repeat(size)}0]`],
    ['empty lists', (size) => `[${'[],'.repeat(size)}0]`],
    ['members', (size) => `{${Array.from({ length: size }, (_, n) => `"${n}":0`).join(',')}}`],
    ['quotes in a string', (size) => `"${'\\"'.repeat(size)}"`],
    ['backslashes in a string', (size) => `"${'\\\\'.repeat(size)}"`],
    ['a string that does not end', (size) => `"${'\\u0061'.repeat(size)}`],
    ['a plain string', (size) => `"${'x'.repeat(size)}"`],
    ['space', (size) => `[${' '.repeat(size)}]`],
    ['space everywhere', (size) => `[${' 0 ,'.repeat(size)}0]`],
  ])('%s', (_, text) => {
    const [small, large] = [text(2_000), text(20_000)];
    expect(stepsOf(large)).toBeLessThanOrEqual(11 * stepsOf(small));
    expect(stepsOf(large)).toBeLessThanOrEqual(4 * large.length);
  });

  test.each(['[', '{"a":', '[{"a":'])('and "%s" over and over ends at the depth that is allowed', (opening) => {
    expect(stepsOf(opening.repeat(60_000))).toBe(stepsOf(opening.repeat(600)));
    expect(stepsOf(opening.repeat(60_000))).toBeLessThan(10 * REQUEST_BOUNDS.depth);
  });
});
