import { expect, test } from '@jest/globals';
import { resultText } from '../calls';
import { type CallKind, CallRequest } from './request';

const kind: CallKind = { lane: 'keyed', size: 30 };

interface Sent {
  readonly id: number;
  readonly params: { readonly arguments: { readonly marker: string; readonly size: number }; readonly _meta: Record<string, string> };
}

const request = () => new CallRequest({ id: 'upstream-1', name: 's1', path: '/bench/mcp' }, { authorization: 'Bearer t' }, kind);
const sentBy = (calls: CallRequest): Sent => JSON.parse(calls.next().toString().split('\r\n\r\n')[1] as string) as Sent;
const answerTo = ({ id, params: { arguments: given } }: Sent, session = 's1') => {
  const content = [{ type: 'text', text: resultText(session, { ...given, text: '' }) }];
  return { status: 200, body: JSON.stringify({ jsonrpc: '2.0', id, result: { content } }) };
};

test('each call has a number and a key of its own, and a length that is true', () => {
  const calls = request();
  const [head = '', body = ''] = calls.next().toString().split('\r\n\r\n');
  expect(head).toMatch(/^POST \/bench\/mcp HTTP\/1\.1\r\n[\s\S]*authorization: Bearer t\r\nmcp-session-id: upstream-1\r\n/);
  expect(head).toContain(`content-length: ${Buffer.byteLength(body)}`);
  const [first, second] = [sentBy(calls), sentBy(calls)];
  expect(second.id).toBe(first.id + 1);
  expect(first.params.arguments).toMatchObject({ marker: String(first.id), size: 30 });
  expect(Object.values(first.params._meta)).toEqual([`bench-${first.id}`]);
});

test('only its own answer answers it', () => {
  const calls = request();
  const before = sentBy(calls);
  const sent = sentBy(calls);
  expect(calls.isAnsweredBy(answerTo(sent))).toBe(true);
  const right = answerTo(sent);
  const wrong = [
    answerTo(before),
    answerTo(sent, 's2'),
    { ...right, status: 500 },
    { ...right, body: right.body.replace(`"id":${sent.id}`, '"id":1') },
    { ...right, body: right.body.replace('"}]', 'x"}]') },
    { ...right, body: right.body.replace('"content"', '"isError":true,"content"') },
  ];
  expect(wrong.map((answer) => calls.isAnsweredBy(answer))).toEqual(wrong.map(() => false));
});
