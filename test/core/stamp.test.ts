import { describe, expect, test } from '@jest/globals';
import { markError, responseText, STAMP_KEY, type Stamp, saidText, stampResult } from '../../core/stamp';

const stamp: Stamp = { callId: 'call-1', outcome: 'confirmed', replayed: false, sessionRestored: false };

describe('stampResult', () => {
  test.each([
    ['a result without _meta', '{"content":[{"type":"text","text":"a } \\" _meta"}]}'],
    ['an empty result', '{ }'],
    ['a result that has a _meta', '{"_meta":{"a":{"b":[1,2]}},"content":[]}'],
    ['a result with an empty _meta', '{"_meta":{},"content":[]}'],
    ['a result with a forged stamp', `{"_meta":{"${STAMP_KEY}":{"replayed":true}},"content":[]}`],
  ])('stamps %s and changes nothing else', (_, text) => {
    const before = JSON.parse(text);
    expect(JSON.parse(stampResult(text, stamp))).toEqual({ ...before, _meta: { ...before._meta, [STAMP_KEY]: stamp } });
  });

  test('replaces a _meta that is no object', () => {
    expect(stampResult('{"_meta":"x"}', stamp)).toBe(`{"_meta":{"${STAMP_KEY}":${JSON.stringify(stamp)}}}`);
  });

  test('keeps numbers as the server wrote them', () => {
    expect(stampResult('{"n":12345678901234567890,"f":1.0}', stamp)).toContain('{"n":12345678901234567890,"f":1.0,');
  });

  test('removes what a parser that folds case could take for what was judged', () => {
    expect(stampResult('{"isError":false,"IsError":true,"Tools":[],"_META":{},"re\u017fultType":"x","content":[]}')).toBe(
      '{"isError":false,"content":[]}',
    );
  });

  test('removes what only the gateway may say where there is nothing to stamp', () => {
    expect(stampResult('{"tools":[],"_meta":{"cdk-mcp-fleet/call":{},"x":1}}')).toBe('{"tools":[],"_meta":{"x":1}}');
  });
});

describe('markError', () => {
  test.each([
    [
      'our words',
      '{"code":503,"message":"m","data":{"error":"NOT_DELIVERED","retry":"safe","why":1}}',
      { why: 1, serverSaid: { error: 'NOT_DELIVERED', retry: 'safe' } },
    ],
    ['our words in another alphabet', '{"code":503,"message":"m","data":{"\u017fidecar":"x"}}', { serverSaid: { '\u017fidecar': 'x' } }],
    ['data in another case', '{"code":1,"message":"m","Data":{"retry":"safe"},"data":{"why":1}}', { why: 1 }],
    ['our words in another case', '{"code":503,"message":"m","data":{"Retry":"safe"}}', { serverSaid: { Retry: 'safe' } }],
    ["the server's own", '{"code":1,"message":"m","data":{"why":1}}', { why: 1 }],
    ['no object', '{"code":1,"message":"m","data":"retry"}', 'retry'],
  ])('moves aside: %s', (_, error, data) => {
    expect(JSON.parse(markError(error))).toEqual({ code: expect.any(Number), message: 'm', data });
  });
});

test('what is said stands on one line', () => {
  expect(responseText('"a"', 'result', '{\r\n"x":\n1}')).toBe('{"jsonrpc":"2.0","id":"a","result":{ "x": 1}}');
  expect(saidText('notifications/message', '{"_meta":{"cdk-mcp-fleet/call":1},"data":1.0}')).toBe(
    '{"jsonrpc":"2.0","method":"notifications/message","params":{"_meta":{},"data":1.0}}',
  );
  expect(saidText('ping', undefined, '7')).toBe('{"jsonrpc":"2.0","id":7,"method":"ping"}');
});
