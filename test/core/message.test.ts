import { describe, expect, test } from '@jest/globals';
import { classifyMessage, requestIdOf } from '../../core/message';
import type { Json } from '../../core/strict-json';

const modern = { _meta: { 'io.modelcontextprotocol/protocolVersion': '2026-07-28' } };

describe('classifyMessage', () => {
  test.each<[string, Json, object]>([
    ['a request', { jsonrpc: '2.0', id: 1, method: 'ping' }, { kind: 'request', era: 'legacy', id: 1, method: 'ping' }],
    ['a modern request', { jsonrpc: '2.0', id: 'a', method: 'tools/list', params: modern }, { kind: 'request', era: 'modern', id: 'a' }],
    ['a notification', { jsonrpc: '2.0', method: 'notifications/initialized' }, { kind: 'notification', era: 'legacy' }],
    ['a response', { jsonrpc: '2.0', id: 7, result: {} }, { kind: 'response', era: 'legacy' }],
    ['an error response', { jsonrpc: '2.0', id: 7, error: { code: 1, message: 'x' } }, { kind: 'response' }],
    ['a response with a null beside it', { jsonrpc: '2.0', id: 7, result: {}, error: null }, { kind: 'response' }],
    ['null for params', { jsonrpc: '2.0', id: 1, method: 'ping', params: null }, { kind: 'request', params: {}, meta: {} }],
    ['null for _meta', { jsonrpc: '2.0', id: 1, method: 'ping', params: { _meta: null } }, { kind: 'request', meta: {} }],
  ])('says what %s is', (_, body, expected) => {
    expect(classifyMessage(body)).toMatchObject(expected);
  });

  test.each<[string, Json, RegExp]>([
    ['a batch', [{ jsonrpc: '2.0', id: 1, method: 'ping' }], /batch/],
    ['another version of JSON-RPC', { jsonrpc: '1.0', id: 1, method: 'ping' }, /"2\.0"/],
    ['a method that is no string', { jsonrpc: '2.0', id: 1, method: 5 }, /string/],
    ['a null id', { jsonrpc: '2.0', id: null, method: 'ping' }, /"id"/],
    ['a fractional id', { jsonrpc: '2.0', id: 1.5, method: 'ping' }, /"id"/],
    ['params that are an array', { jsonrpc: '2.0', id: 1, method: 'ping', params: [] }, /"params"/],
    ['a _meta that is no object', { jsonrpc: '2.0', id: 1, method: 'ping', params: { _meta: 'x' } }, /_meta/],
    ['a null method', { jsonrpc: '2.0', id: 1, method: null }, /"method"/],
    ['an id that is too long', { jsonrpc: '2.0', id: 'x'.repeat(256), method: 'ping' }, /255 bytes/],
    ['a member that is none', { jsonrpc: '2.0', id: 1, method: 'ping', extra: 1 }, /"extra" is no member/],
    ['another method in another case', { jsonrpc: '2.0', id: 1, method: 'tools/list', Method: 'tools/call' }, /"Method".*case/],
    [
      'another name in another case',
      { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'a', Name: 'b' } },
      /"Name".*params.*case/,
    ],
    ['a name of the protocol in another case', { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { 'argument\u017f': {} } }, /case/],
    ['two names of nobody in two cases', { jsonrpc: '2.0', id: 1, method: 'ping', params: { _meta: { a: 1, A: 2 } } }, /"A".*_meta/],
    ['a request and a response at once', { jsonrpc: '2.0', id: 1, method: 'ping', result: {} }, /at once/],
    ['two answers in one', { jsonrpc: '2.0', id: 1, result: {}, error: { code: 1, message: '' } }, /neither/],
    ['nothing of the kind', { jsonrpc: '2.0', id: 1 }, /neither/],
    ['a string', 'ping', /not an object/],
  ])('refuses %s', (_, body, reason) => {
    expect(() => classifyMessage(body)).toThrow(reason);
  });

  test('keeps the revision that a modern request names, whether it is spoken or not', () => {
    const body = { jsonrpc: '2.0', id: 1, method: 'ping', params: { _meta: { 'io.modelcontextprotocol/protocolVersion': '2031-01-01' } } };
    expect(classifyMessage(body)).toMatchObject({ era: 'modern', revision: '2031-01-01' });
  });

  test('finds the id of a request for its error, and none elsewhere', () => {
    expect(requestIdOf({ id: 'x', method: 'ping' })).toBe('x');
    expect(requestIdOf({ id: 3, result: {} })).toBeNull();
    expect(requestIdOf([])).toBeNull();
  });
});
