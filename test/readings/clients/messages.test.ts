import { describe, expect, test } from '@jest/globals';
import { NO_ANSWER } from './connection';
import { eventsOf, messagesOf } from './messages';

const dataOf = (text: string) => eventsOf(Buffer.from(text)).map(({ data }) => data);

describe('events of a stream (WHATWG HTML § 9.2.6)', () => {
  test.each(['\n', '\r', '\r\n'])('lines end with %j', (eol) => {
    expect(dataOf(['data: a', 'data: b', '', 'data:c', '', ''].join(eol))).toEqual(['a\nb', 'c']);
  });

  test('a mark at the start, comments, unknown fields and events of other types say nothing', () => {
    expect(dataOf('\ufeff: hello\n\nevent: ping\ndata: no\n\nfoo: bar\nevent: message\ndata: yes\n\n')).toEqual(['yes']);
  });

  test('an event that no empty line ends does not count', () => {
    expect(dataOf('data: a\n\ndata: b\n')).toEqual(['a']);
  });

  test('one space behind the colon is none of the data', () => {
    expect(dataOf('data:  a\n\n')).toEqual([' a']);
  });
});

test('media types are read in any case and with parameters', () => {
  const body = Buffer.from('data: {"id":1,"result":{}}\n\n');
  const answer = { ...NO_ANSWER, headers: [['content-type', 'Text/Event-Stream; charset=UTF-8']] as const, body };
  expect(messagesOf(answer)).toEqual([{ id: 1, result: {} }]);
});
