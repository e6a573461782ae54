import { expect, test } from '@jest/globals';
import { EventBoundary } from '../../core/reading/event-boundary';
import { isEventStream, LeadingMark, messageEvent } from '../../sidecar/event-stream';

test.each<[string, string[], boolean]>([
  ['nothing yet', [], true],
  ['a whole event', ['data: x\n\n'], true],
  ['an event in two chunks', ['data: x\n', '\n'], true],
  ['carriage returns', ['data: x\r\n', '\r\n'], true],
  ['lone carriage returns', ['data: x\r\r'], true],
  ['a line end of one kind behind one of another', ['data: x\n\r\n'], true],
  ['and the other way round', ['data: x\r\n\n'], true],
  ['a line feed behind a lone carriage return and its line end', ['data: x\r\r\n'], true],
  ['an empty line at the start', ['\r\n'], true],
  ['one line end of two bytes', ['data: x\r\n'], false],
  ['one line end of two bytes, split', ['data: x\r', '\n'], false],
  ['the middle of an event', ['data: x\n\nid: 1\n'], false],
  ['the middle of a line break', ['data: x\r\n\r'], false],
])('%s is a boundary: %#', (_, chunks, reached) => {
  for (const as of [(text: string) => text, (text: string) => Buffer.from(text)]) {
    for (const pieces of [chunks, chunks.join('').split('')]) {
      const boundary = new EventBoundary();
      for (const piece of pieces) boundary.pass(as(piece));
      expect(boundary.reached).toBe(reached);
    }
  }
});

test('an event stream is known by its content type, whatever its parameters', () => {
  expect(isEventStream(['X', 'text/event-stream', 'Content-Type', 'Text/Event-Stream; charset=utf-8'])).toBe(true);
  expect(isEventStream(['content-type', ' TEXT/EVENT-STREAM ;x=y'])).toBe(true);
  for (const type of ['application/json', 'text/event-stream-not', 'x/text/event-stream']) {
    expect(isEventStream(['content-type', type])).toBe(false);
  }
  expect(isEventStream([])).toBe(false);
});

test('a message is one event', () => {
  expect(messageEvent('{"id":1}')).toBe('event: message\ndata: {"id":1}\n\n');
});

test.each(['\u{feff}data: x\n\n', 'data: x\n\n', '\u{feff}', '\u{feff}\u{feff}', 'é', '\u{fefe}x'])(
  'a leading byte order mark is left out of %j, and only that',
  (text) => {
    const bytes = Buffer.from(text);
    const marked = bytes.subarray(0, 3).equals(Buffer.from([0xef, 0xbb, 0xbf]));
    for (const size of [1, 2, 3, 100]) {
      const mark = new LeadingMark();
      const passed: Buffer[] = [];
      for (let at = 0; at < bytes.length; at += size) passed.push(mark.pass(bytes.subarray(at, at + size)));
      passed.push(mark.rest());
      expect(Buffer.concat(passed).equals(marked ? bytes.subarray(3) : bytes)).toBe(true);
    }
  },
);
