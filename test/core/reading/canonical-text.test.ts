import { describe, expect, test } from '@jest/globals';
import { canonicalText } from '../../../core/reading/canonical-text';

describe('canonicalText', () => {
  test.each([
    ['space', ' { "a" : [ 1 ,\n\t2 ] }\r\n', '{"a":[1,2]}'],
    ['space within strings', '{"a b" : " c : d "}', '{"a b":" c : d "}'],
    ['escapes that need not be', '["\\u0041\\/\\u00e9\\u000a"]', '["A/é\\n"]'],
    ['a quote and a backslash', '{"\\"\\\\" : "\\\\\\""}', '{"\\"\\\\":"\\\\\\""}'],
    ['numbers, which stay as they were written', '[1.0, -0, 1E-400, 100.00000000000000000001]', '[1.0,-0,1E-400,100.00000000000000000001]'],
    ['line separators', '["\\u2028"]', '["\u2028"]'],
    ['a scalar', ' "x" ', '"x"'],
  ])('writes %s', (_, text, canonical) => {
    expect(canonicalText(text)).toBe(canonical);
    expect(JSON.parse(canonicalText(text))).toEqual(JSON.parse(text));
  });
});
