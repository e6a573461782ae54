import { describe, expect, test } from '@jest/globals';
import { Answer } from './answer';

const HEAD = 'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n';
const PRIMING = 'id: mcpfleet.abc\nretry: 500\ndata: \n\n';
const PROGRESS = 'data: {"method":"notifications/progress","params":{}}\n\n';
const END = '0\r\n\r\n';

const chunk = (text: string): string => `${text.length.toString(16)}\r\n${text}\r\n`;

/** Feeds an answer piece by piece. @returns what was delivered, and whether it was cut */
function feed(answer: Answer, text: string, size: number): { delivered: string; cut: boolean } {
  let delivered = '';
  for (let at = 0; at < text.length; at += size) {
    const piece = Buffer.from(text.slice(at, at + size));
    const { deliver, cut } = answer.take(piece);
    delivered += piece.subarray(0, deliver).toString();
    if (cut) return { delivered, cut };
  }
  return { delivered, cut: false };
}

describe.each([1, 7, 10_000])('an answer that comes in pieces of %d bytes', (size) => {
  const text = `${HEAD}${chunk(PRIMING)}${chunk(PROGRESS)}${chunk('data: {}\n\n')}${END}`;

  test.each([0, 1, 40, 110])('is cut %d bytes behind its head', (bytes) => {
    expect(feed(new Answer({ behind: 'head', bytes }), text, size)).toEqual({ delivered: text.slice(0, HEAD.length + bytes), cut: true });
  });

  test('is cut behind its first progress notification', () => {
    const at = text.indexOf('notifications/progress') + 'notifications/progress'.length + 5;
    expect(feed(new Answer({ behind: 'progress', bytes: 5 }), text, size)).toEqual({ delivered: text.slice(0, at), cut: true });
  });

  test('passes whole where it is not cut, or ends before', () => {
    for (const answer of [new Answer(), new Answer({ behind: 'head', bytes: 10_000 })]) {
      expect(feed(answer, text, size)).toEqual({ delivered: text, cut: false });
      expect([answer.isWhole, answer.isPrimed]).toEqual([true, true]);
    }
  });
});

test('it is primed once the whole line with the event id was delivered, not when it had come', () => {
  const text = `${HEAD}${chunk(PRIMING)}`;
  const behindTheLine = text.indexOf('retry') - HEAD.length;
  const [before, behind] = [behindTheLine - 1, behindTheLine].map((bytes) => {
    const answer = new Answer({ behind: 'head', bytes });
    feed(answer, text, text.length);
    return answer;
  });
  expect([before?.isPrimed, behind?.isPrimed]).toEqual([false, true]);
});

test('it is whole when its length has come, delivered or not', () => {
  const head = 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n';
  const answer = new Answer({ behind: 'head', bytes: 2 });
  answer.take(Buffer.from(`${head}01234`));
  expect(answer.isWhole).toBe(false);
  answer.take(Buffer.from('56789'));
  expect(answer.isWhole).toBe(true);
});
