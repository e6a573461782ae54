import { expect, test } from '@jest/globals';
import { requestHeaders, responseHeaders } from '../../sidecar/passed-headers';

test('a request passes without authority, connection headers, the headers of the fleet and the id of its session', () => {
  const raw = [
    ...['Host', 'gateway', 'Content-Length', '2', 'Accept-Encoding', 'gzip', 'Authorization', 'Bearer x', 'Cookie', 'AWSALB=x'],
    ...['Connection', 'keep-alive, X-Hop', 'X-Hop', '1', 'Transfer-Encoding', 'chunked', 'Mcp-Fleet-Context', 'x', 'MCP-FLEET-TASK', 't'],
    ...['Mcp-Session-Id', 's-1', 'Accept', 'text/event-stream', 'X-Two', 'a', 'X-Two', 'b'],
  ];
  expect(requestHeaders(raw)).toEqual(['accept', 'text/event-stream', 'x-two', 'a', 'x-two', 'b']);
});

test('an answer passes with its length, unless it is a stream, and without cookies or a forged instance', () => {
  const raw = [
    'Content-Type',
    'application/json',
    'Content-Length',
    '2',
    'Set-Cookie',
    'a=b',
    'mcp-fleet-instance',
    'forged',
    'mcp-fleet-reason',
    'forged',
    'Keep-Alive',
    'timeout=5',
  ];
  expect(responseHeaders(raw, false)).toEqual(['content-type', 'application/json', 'content-length', '2']);
  expect(responseHeaders(raw, true)).toEqual(['content-type', 'application/json']);
});

test('what each of several Connection fields names belongs to the connection', () => {
  const raw = [
    'Connection',
    'X-First',
    'X-First',
    '1',
    'Connection',
    'close',
    'connection',
    'X-Last, X-First',
    'X-Last',
    '2',
    'X-Own',
    '3',
  ];
  expect(requestHeaders(raw)).toEqual(['x-own', '3']);
  expect(responseHeaders(raw, false)).toEqual(['x-own', '3']);
});
