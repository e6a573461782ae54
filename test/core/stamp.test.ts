import { describe, expect, test } from '@jest/globals';
import { findMember, memberNames } from '../../core/json-members';
import { STAMP_KEY, type Stamp, stampResponse } from '../../core/stamp';

const stamp: Stamp = { callId: 'call-1', outcome: 'confirmed', replayed: false, sessionRestored: false };

describe('stampResponse', () => {
  test.each([
    ['a result without _meta', '{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"a } \\" _meta"}]}}'],
    ['an empty result', '{"result":{},"id":"x","jsonrpc":"2.0"}'],
    ['a result with spaces', ' { "id" : 1 , "result" : { } } '],
    ['a result that has a _meta', '{"id":1,"result":{"_meta":{"a":{"b":[1,2]}},"content":[]}}'],
    ['a result with an empty _meta', '{"id":1,"result":{"_meta":{},"content":[]}}'],
    ['a result with a forged stamp', `{"id":1,"result":{"_meta":{"${STAMP_KEY}":{"replayed":true}},"content":[]}}`],
  ])('stamps %s and changes nothing else', (_, text) => {
    const before = JSON.parse(text);
    const after = JSON.parse(stampResponse(text, stamp));
    expect(after.result._meta[STAMP_KEY]).toEqual(stamp);
    const meta = { ...before.result._meta, [STAMP_KEY]: stamp };
    expect(after).toEqual({ ...before, result: { ...before.result, _meta: meta } });
  });

  test('keeps numbers as the server wrote them', () => {
    expect(stampResponse('{"id":1,"result":{"n":12345678901234567890,"f":1.0}}', stamp)).toContain('{"n":12345678901234567890,"f":1.0,');
  });

  test('leaves an error as it is', () => {
    const text = '{"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"no"}}';
    expect(stampResponse(text, stamp)).toBe(text);
  });
});

describe('json members', () => {
  const text = '{"a":"x,\\"}", "b" : [1,{"c":2}],"c":-1.5e3 ,"d":null,"a":2}';

  test.each([
    ['a', '"x,\\"}"'],
    ['b', '[1,{"c":2}]'],
    ['c', '-1.5e3'],
    ['d', 'null'],
  ])('finds %s', (name, value) => {
    const span = findMember(text, 0, name);
    expect(text.slice(span?.start, span?.end)).toBe(value);
  });

  test('finds nothing where nothing is, and names twice what stands twice', () => {
    expect(findMember(text, 0, 'e')).toBeUndefined();
    expect(memberNames(text, 0)).toEqual(['a', 'b', 'c', 'd', 'a']);
  });
});
