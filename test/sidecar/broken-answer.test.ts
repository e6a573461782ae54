import { expect, test } from '@jest/globals';
import { brokenAnswer } from '../../sidecar/broken-answer';
import { LargeResponse } from '../../sidecar/large-response';

test.each<[string, string]>([
  ['{"jsonrpc":"2.0","id":7,"result":{"n":NaN}}', '7'],
  ['{"result":{"a":"}\\"{","n":[NaN]},"jsonrpc":"2.0","id":7}', '7'],
  ['{"jsonrpc":"2.0","id":"7","error":{"code":NaN}}', '"7"'],
  ['{ "jsonrpc" : "2.0" , "id" : 7 , "result" : 5 }', '7'],
  ['{"jsonrpc":"2.0","id":7,"result":{"cut":', '7'],
])('%s can only be a response, and says to what', (line, id) => {
  expect(brokenAnswer(line)).toEqual({ id });
});

test.each(['{"jsonrpc":"2.0","result":{}}', '{"jsonrpc":"2.0","result":{"n":NaN},"id":{}}'])('%s can only be a response', (line) => {
  expect(brokenAnswer(line)).toEqual({});
});

test.each([
  'Starting up...',
  '',
  '{}',
  '{"level":"info","id":1,"msg":"ready"}',
  '{"id":1,"result":"ok"}',
  '{"jsonrpc":"1.0","id":1,"result":{}}',
  '{"jsonrpc":"2.0","id":1}',
  '{"jsonrpc":"2.0","method":"notifications/message","params":{"n":NaN}}',
  '[{"jsonrpc":"2.0","id":1,"result":{}}]',
  '"jsonrpc"',
])('%j can be something else', (line) => {
  expect(brokenAnswer(line)).toBeUndefined();
});

test('of a long line the beginning says what it is, and the beginning or the end to what', () => {
  const text = 'x'.repeat(10_000);
  const line = `{"result":{"text":"${text}"},"jsonrpc":"2.0","id":7}`;
  expect(brokenAnswer(line.slice(0, 4_096), '')).toEqual({});
  expect(brokenAnswer(line.slice(0, 4_096), line.slice(-128))).toEqual({ id: '7' });
  expect(brokenAnswer(`{"jsonrpc":"2.0","id":7,"result":{"text":"${text}`.slice(0, 4_096), '')).toEqual({ id: '7' });
  // An id that stands in a string, or deeper, is none of its own.
  expect(brokenAnswer(line.slice(0, 4_096), 'x,\\"id\\":8}"},"jsonrpc":"2.0"}')).toEqual({});
  expect(brokenAnswer(line.slice(0, 4_096), '"deep":{"x":1,"id":8}}')).toEqual({});
  // What is cut off in the middle of a number is not that number.
  expect(brokenAnswer('{"jsonrpc":"2.0","result":{},"id":1', '')).toEqual({});
});

test('a hostile line is read in one pass', () => {
  for (const line of [`{"jsonrpc":"2.0","result":${'['.repeat(100_000)}`, `{${'"a":1,'.repeat(100_000)}`, `{"${'\\'.repeat(100_000)}`]) {
    expect(() => brokenAnswer(line, line.slice(-128))).not.toThrow();
  }
});

test.each([1, 7, 4_096, 100_000])('a large response is known on its stream by its two ends, in pieces of %d bytes', (size) => {
  const large = (end: string) => `event: message\ndata: {"result":{"text":"${'é'.repeat(5_000)}"},"jsonrpc":"2.0"${end}}`;
  const answered = (stream: string) => {
    const response = new LargeResponse(7);
    const bytes = Buffer.from(stream);
    let known = false;
    for (let at = 0; at < bytes.length; at += size) known = response.push(bytes.subarray(at, at + size)) || known;
    return known;
  };
  for (const line of ['\n', '\r\n', '\r']) {
    const stream = (...events: string[]) => events.map((event) => event.replaceAll('\n', line) + line + line).join('');
    expect(answered(stream(large(',"id":7')))).toBe(true);
    expect(answered(stream('data: {"jsonrpc":"2.0","method":"x"}', large(',"id":"7"')))).toBe(true);
    expect(answered(stream(large(',"id":8'), large(',"method":"x"'), large('')))).toBe(false);
    expect(answered(stream(large(',"id":7')).slice(0, -1 * line.length))).toBe(false);
  }
});
