import { describe, expect, test } from '@jest/globals';
import { classifyMessage } from '../../core/message';
import { upstreamText } from '../../core/reading/upstream-text';
import { readStrictly } from '../../core/strict-json';
import { glanceAt } from '../../sidecar/glance';
import { call, initialize, MODERN } from './started';

/** As a gateway writes it. */
function written(body: object): Buffer {
  const { value, text } = readStrictly(Buffer.from(JSON.stringify(body)));
  return Buffer.from(upstreamText(classifyMessage(value), text, 2 ** 31 - 2));
}

describe('a glance at what a gateway has written', () => {
  test.each<[string, object, string]>([
    ['a call', call('t', 'mine', { text: 'é'.repeat(10_000) }), 'tools/call'],
    ['a modern call with a progress token', call('t', 7, {}, { ...MODERN, progressToken: 'p' }), 'tools/call'],
    ['initialize', initialize, 'initialize'],
    ['a request without params', { jsonrpc: '2.0', id: 1, method: 'ping' }, 'ping'],
    ['a method of a vendor', { jsonrpc: '2.0', id: 1, method: 'x.y/z_1-a' }, 'x.y/z_1-a'],
  ])('tells id and method of %s', (_, body, method) => {
    expect(glanceAt(written(body))).toEqual({ id: '2147483646', method });
  });

  test.each<[string, object]>([
    ['a notification', { jsonrpc: '2.0', method: 'notifications/initialized' }],
    ['a response', { jsonrpc: '2.0', id: 1, result: {} }],
  ])('says nothing of %s', (_, body) => {
    expect(glanceAt(written(body))).toBeUndefined();
  });
});

describe('what is written otherwise is read whole', () => {
  test.each([
    '',
    '{',
    '{"id":1,"jsonrpc":"2.0","method":"ping"}',
    '{"jsonrpc":"2.0", "id":1,"method":"ping"}',
    '{"jsonrpc":"2.0","id":1.0,"method":"ping"}',
    '{"jsonrpc":"2.0","id":01,"method":"ping"}',
    '{"jsonrpc":"2.0","id":12345678901234567890,"method":"ping"}',
    '{"jsonrpc":"2.0","id":"a\\u0062","method":"ping"}',
    '{"jsonrpc":"2.0","id":"é","method":"ping"}',
    '{"jsonrpc":"2.0","id":null,"method":"ping"}',
    '{"jsonrpc":"2.0","id":1,"method":"pi\\u006eg"}',
    `{"jsonrpc":"2.0","id":1,"method":"${'x'.repeat(300)}"}`,
    '[{"jsonrpc":"2.0","id":1,"method":"ping"}]',
  ])('%s', (text) => {
    expect(glanceAt(Buffer.from(text))).toBeUndefined();
  });
});
