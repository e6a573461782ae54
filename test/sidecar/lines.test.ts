import { expect, test } from '@jest/globals';
import { Budget } from '../../sidecar/budget';
import { Lines } from '../../sidecar/lines';
import { spliceValue } from '../../sidecar/splice';

test('lines come out whole however their bytes arrive, one that is too long is left out and nothing after it is', () => {
  const text = '{"a":"ä"}\r\n\n  {"b":1}\nxxxxxxxxxxxxxxxxxxxxxxxxx\n{"c":2}\nunfinished';
  for (const size of [1, 2, 3, 7, 1000]) {
    const lines: string[] = [];
    let overlong = 0;
    const holding = new Budget(1_000, 1_000).open('a');
    const splitter = new Lines(20, holding, { onLine: (line) => lines.push(line), onOverlong: () => overlong++ });
    const bytes = Buffer.from(text);
    for (let at = 0; at < bytes.length; at += size) splitter.push(bytes.subarray(at, at + size));
    expect({ size, lines, overlong }).toEqual({ size, lines: ['{"a":"ä"}', '{"b":1}', '{"c":2}'], overlong: 1 });
  }
});

test('one value is replaced and every other byte stays', () => {
  const text = ' {"params": {"id":1,"_meta":{"progressToken":"t"}} , "big":12345678901234567890,"id":"x"}';
  expect(spliceValue(text, ['id'], 7)).toBe(text.replace('"x"', '7'));
  expect(spliceValue(text, ['params', '_meta', 'progressToken'], 7)).toBe(text.replace('"t"', '7'));
  expect(spliceValue(text, ['params', 'none'], 7)).toBeUndefined();
  expect(spliceValue(text, ['big', 'id'], 7)).toBeUndefined();
});
