import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import canonicalize from 'canonicalize';
import { callDigest, isDigestOf } from '../../core/call-digest';
import { canonicalText } from '../../core/reading/canonical-text';

const digest = (text: string, tool = 'transfer'): string => callDigest(tool, canonicalText(text)).digest;

describe('callDigest', () => {
  test.each([
    ['the order of members', '{"a":1,"b":{"c":2,"d":3}}', '{"b":{"d":3,"c":2},"a":1}'],
    ['the spelling of a number', '{"a":1}', '{"a":10e-1}'],
    ['a fraction of nothing', '{"a":1}', '{"a":1.000}'],
    ['the spelling of a number that no double is', '{"a":100.00000000000000000001}', '{"a":1.0000000000000000000001e2}'],
    ['the spelling of a string', '{"a":"A"}', '{"a":"\\u0041"}'],
  ])('does not depend on %s', (_, one, other) => {
    expect(digest(other)).toBe(digest(one));
  });

  test.each([
    ['the last of many digits', '{"a":100.00000000000000000001}', '{"a":100.00000000000000000009}'],
    ['many digits and none', '{"a":100.00000000000000000001}', '{"a":100}'],
    ['negative nothing', '{"a":-0}', '{"a":0}'],
    ['next to nothing', '{"a":1e-400}', '{"a":0}'],
    ['a number and its text', '{"a":100.00000000000000000001}', '{"a":"n10000000000000000000001e-20"}'],
    ['marks of our own', '{"a":100.00000000000000000001,"b":"1"}', '{"a":100.00000000000000000001,"b":"s1"}'],
    ['another amount', '{"a":1}', '{"a":2}'],
    ['a number as text', '{"a":1}', '{"a":"1"}'],
    ['a number in a name', '{"a1":1}', '{"a2":1}'],
  ])('differs for %s', (_, one, other) => {
    expect(digest(other)).not.toBe(digest(one));
  });

  test('differs for another tool', () => {
    expect(digest('{}', 'refund')).not.toBe(digest('{}'));
  });
});

describe('a row that was written before there were two ways', () => {
  const before = (tool: string, args: object): string =>
    createHash('sha256')
      .update(canonicalize([tool, args, null]) ?? '')
      .digest('base64url');

  test.each(['{"a":1}', '{"a":100.00000000000000000001}', '{"a":-0}'])('is still the call of %s', (text) => {
    const recorded = { digest: before('transfer', JSON.parse(text)) };
    expect(isDigestOf(recorded, 'transfer', text)).toBe(true);
    expect(isDigestOf(recorded, 'transfer', '{"a":7}')).toBe(false);
  });

  test('and one that says how it was made is compared as exactly as it was made', () => {
    const { digest: recorded, version } = callDigest('transfer', '{"a":100}');
    expect(isDigestOf({ digest: recorded, version }, 'transfer', '{"a":100.00000000000000000001}')).toBe(false);
    expect(isDigestOf({ digest: recorded, version }, 'transfer', '{"a":100.0}')).toBe(true);
  });
});
