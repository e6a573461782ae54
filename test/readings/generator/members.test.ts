import { expect, test } from '@jest/globals';
import { Members } from './members';

test('members are written in order, as often as they were added, under names as they were spelt', () => {
  const members = Members.of({ a: 1 }).add('a', '2').addRaw('"\\u0061"', '3').addFirst('z', '0');
  expect(members.text()).toBe('{"z":0,"a":1,"a":2,"\\u0061":3}');
});

test('what is no object gets no members; nothing and null become one', () => {
  const members = Members.of({ list: ['x'], none: null });
  for (const name of ['list', 'none', 'absent']) members.member(name).add('a', '1');
  expect(members.text()).toBe('{"list":["x"],"none":{"a":1},"absent":{"a":1}}');
});
