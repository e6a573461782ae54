import { expect, test } from '@jest/globals';
import { EventBoundary, isEventStream, messageEvent } from '../../sidecar/event-stream';

test.each<[string, string[], boolean]>([
  ['nothing yet', [], true],
  ['a whole event', ['data: x\n\n'], true],
  ['an event in two chunks', ['data: x\n', '\n'], true],
  ['carriage returns', ['data: x\r\n', '\r\n'], true],
  ['lone carriage returns', ['data: x\r\r'], true],
  ['the middle of an event', ['data: x\n\nid: 1\n'], false],
  ['the middle of a line break', ['data: x\r\n\r'], false],
])('%s is a boundary: %#', (_, chunks, reached) => {
  for (const as of [(text: string) => text, (text: string) => Buffer.from(text)]) {
    const boundary = new EventBoundary();
    for (const chunk of chunks) boundary.pass(as(chunk));
    expect(boundary.reached).toBe(reached);
  }
});

test('an event stream is known by its content type, whatever its parameters', () => {
  expect(isEventStream(['X', 'text/event-stream', 'Content-Type', 'Text/Event-Stream; charset=utf-8'])).toBe(true);
  expect(isEventStream(['content-type', 'application/json'])).toBe(false);
  expect(isEventStream([])).toBe(false);
});

test('a message is one event', () => {
  expect(messageEvent('{"id":1}')).toBe('event: message\ndata: {"id":1}\n\n');
});
