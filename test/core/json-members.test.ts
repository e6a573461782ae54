import { describe, expect, test } from '@jest/globals';
import { findMember, memberText, readMembers, takeApart, writeMembers } from '../../core/json-members';

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
    expect([...takeApart(text).members.keys()]).toEqual(['a', 'b', 'c', 'd']);
    expect(takeApart(text).twice).toBe('a');
  });

  test('gives the text of one member, and of what is no object none', () => {
    expect(memberText(text, 'b')).toBe('[1,{"c":2}]');
    expect(memberText(text, 'e')).toBeUndefined();
    expect(memberText('["a",1]', 'a')).toBeUndefined();
  });

  test.each(['{}', '{"a":1}', '{"a":"x,\\"}","b":[1,{"c":2}]}'])('writes %s as it was read', (object) => {
    expect(writeMembers(readMembers(object))).toBe(object);
  });
});
