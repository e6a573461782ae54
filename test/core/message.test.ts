import { describe, expect, test } from '@jest/globals';
import { callDigest } from '../../core/call-digest';
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

describe('callDigest', () => {
  const digest = callDigest('transfer', { from: 'a', amount: 1, to: { x: 1, y: 2 } });

  test('does not depend on the order of members or the spelling of a number', () => {
    expect(callDigest('transfer', JSON.parse('{"to":{"y":2,"x":1},"amount":1.0,"from":"a"}'))).toBe(digest);
  });

  test.each<[string, string, Json | undefined, Json | undefined]>([
    ['another tool', 'refund', { from: 'a', amount: 1, to: { x: 1, y: 2 } }, undefined],
    ['another amount', 'transfer', { from: 'a', amount: 2, to: { x: 1, y: 2 } }, undefined],
    ['a number as text', 'transfer', { from: 'a', amount: '1', to: { x: 1, y: 2 } }, undefined],
    ['a continuation', 'transfer', { from: 'a', amount: 1, to: { x: 1, y: 2 } }, [{ ok: true }, 'state']],
  ])('differs for %s', (_, tool, args, continuation) => {
    expect(callDigest(tool, args, continuation)).not.toBe(digest);
  });

  test('takes absent arguments for empty ones', () => {
    expect(callDigest('ping', undefined)).toBe(callDigest('ping', {}));
  });
});
