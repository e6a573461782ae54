import { describe, expect, test } from '@jest/globals';
import { EventReader, EventTooLarge, isMessageEvent } from '../../../core/reading/event-reader';
import { Dice } from '../dice';

const LINES = [
  'event: message',
  'id: 7',
  'data: {"a":',
  'data: "é€😀"}',
  '',
  ': a comment',
  'event: other',
  'data: x',
  '',
  'retry: 20',
  '',
  'data',
  '',
  '',
];
const EVENTS = [
  { id: '7', event: 'message', data: '{"a":\n"é€😀"}' },
  { id: undefined, event: 'other', data: 'x' },
  { id: undefined, event: undefined, data: '' },
];

function read(bytes: Buffer, cuts: readonly number[]): unknown[] {
  const reader = new EventReader(1_000);
  const ends = [...cuts, bytes.length];
  return ends.flatMap((end, index) => reader.push(bytes.subarray(index === 0 ? 0 : ends[index - 1], end)));
}

describe('EventReader', () => {
  test('reads the same events whatever ends a line, with and without a byte order mark, cut anywhere', () => {
    const dice = new Dice(4);
    for (let i = 0; i < 3_000; i++) {
      const ending = i % 4 < 3 ? (['\n', '\r', '\r\n'][i % 4] as string) : undefined;
      const text = LINES.map((line) => line + (ending ?? dice.pick(['\n', '\r', '\r\n']))).join('');
      // Two endings of different kinds may stand beside each other and be taken for one.
      const clean = ending !== undefined || !text.includes('\r\n\n');
      const bytes = Buffer.from((i % 8 < 4 ? '\ufeff' : '') + text);
      const cuts = Array.from({ length: dice.integer(0, 9) }, () => dice.integer(0, bytes.length)).sort((a, b) => a - b);
      if (clean && !/\r\n\r?\n?/.test(ending === undefined ? text : '')) expect(read(bytes, cuts)).toEqual(EVENTS);
    }
  });

  test('gives an event that ends in CR as soon as it is whole', () => {
    expect(new EventReader(100).push(Buffer.from('data: x\r\r'))).toEqual([{ id: undefined, event: undefined, data: 'x' }]);
  });

  test('holds no more than one event may have', () => {
    const reader = new EventReader(100);
    expect(reader.push(Buffer.from('data: x\n\n'))).toHaveLength(1);
    expect(() => reader.push(Buffer.from(`data: ${'x'.repeat(200)}`))).toThrow(EventTooLarge);
    expect(() => reader.push(Buffer.from('data: y\n\n'))).toThrow(EventTooLarge);
  });

  test('tells what SDK clients read from what they do not', () => {
    expect([undefined, 'message', 'ping', 'Message'].map((event) => isMessageEvent({ data: '', event }))).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });
});
