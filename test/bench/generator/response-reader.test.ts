import { expect, test } from '@jest/globals';
import { type HttpAnswer, ResponseReader } from './response-reader';

const told = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello';
const chunked = 'HTTP/1.1 404 Not Found\r\ntransfer-encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n';

/** What comes of a text that arrives in pieces of so many bytes. */
function readIn(pieces: number, text: string): HttpAnswer[] {
  const reader = new ResponseReader();
  const answers: HttpAnswer[] = [];
  for (let at = 0; at < text.length; at += pieces) {
    const answer = reader.take(Buffer.from(text.slice(at, at + pieces)));
    if (answer !== undefined) answers.push(answer);
  }
  return answers;
}

test.each([1, 2, 7, 1_000])('an answer is whole however it arrives, in pieces of %d bytes', (pieces) => {
  expect(readIn(pieces, told)).toEqual([{ status: 200, body: 'hello' }]);
  expect(readIn(pieces, chunked)).toEqual([{ status: 404, body: 'hello' }]);
});

test('the next answer begins anew', () => {
  expect(readIn(told.length, told + told)).toEqual([
    { status: 200, body: 'hello' },
    { status: 200, body: 'hello' },
  ]);
});

test('an answer that nobody can tell the end of is refused', () => {
  expect(() => readIn(1_000, 'HTTP/1.1 200 OK\r\n\r\n')).toThrow('without a length');
});
