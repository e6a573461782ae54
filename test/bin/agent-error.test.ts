import { expect, test } from '@jest/globals';
import { SdkErrorCode, SdkHttpError } from '@modelcontextprotocol/client';
import { errorIn } from '../../bin/agent-error';

const failure = (text: string | undefined) => new SdkHttpError(SdkErrorCode.ClientHttpNotImplemented, 'failed', { status: 403, text });
const DENIED = { code: 403, message: 'DENIED: no grant', data: { outcome: 'not_executed' } };

test('what the fleet says in the body of an HTTP error is the error', () => {
  expect(errorIn(failure(JSON.stringify({ jsonrpc: '2.0', id: 1, error: DENIED })))).toEqual(DENIED);
});

test.each([
  ['a page of a proxy', failure('<html>')],
  ['no body', failure(undefined)],
  ['null', failure('null')],
  ["OAuth's word, which is no JSON-RPC error", failure('{"error":"invalid_token"}')],
  ['an error without a message', failure('{"error":{"code":1}}')],
  ['a connection that broke', new Error('fetch failed')],
])('%s holds none', (_, error) => {
  expect(errorIn(error)).toBeUndefined();
});
