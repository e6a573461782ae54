import { describe, expect, test } from '@jest/globals';
import { isIdOf, readServerMessage, resultFacts, withoutOwnWords } from '../../../core/reading/server-message';

describe('readServerMessage', () => {
  test.each<[string, string, object]>([
    ['a result', '{"jsonrpc":"2.0","id":1,"result":{"a":1.0}}', { kind: 'response', id: 1, member: 'result', payload: '{"a":1.0}' }],
    ['an error', '{"jsonrpc":"2.0","id":"x","error":{"code":-1,"message":"no"}}', { kind: 'response', id: 'x', member: 'error' }],
    [
      'a null beside a result',
      ' {"jsonrpc":"2.0","id":1,"result":{},"error":null} ',
      { kind: 'response', member: 'result', payload: '{}' },
    ],
    ['a null beside an error', '{"jsonrpc":"2.0","id":null,"result":null,"error":{"code":1,"message":""}}', { id: null, member: 'error' }],
    ['a request', '{"jsonrpc":"2.0","id":1,"method":"ping"}', { kind: 'request', id: 1, method: 'ping', params: undefined }],
    [
      'a notification',
      '{"jsonrpc":"2.0","method":"notifications/message","params":{"data":1}}',
      { kind: 'notification', params: '{"data":1}' },
    ],
  ])('reads %s', (_, text, expected) => {
    expect(readServerMessage(text)).toMatchObject(expected);
  });

  const response = (members: string): string => `{"jsonrpc":"2.0","id":1,${members}}`;
  test.each<[string, string]>([
    ['no JSON', '{"jsonrpc":"2.0","id":1,"result":{"tools":NaN}}'],
    ['text behind it', `${response('"result":{}')}}`],
    ['an array', `[${response('"result":{}')}]`],
    ['no version', '{"id":1,"result":{}}'],
    ['both', response('"result":{},"error":{"code":1,"message":""}')],
    ['neither', response('"result":null')],
    ['a member twice', response('"result":{"a":1},"result":{"b":1}')],
    ['a member twice by escape', response('"result":{},"r\\u0065sult":{}')],
    ['_meta twice', response('"result":{"_meta":{},"_meta":{"cdk-mcp-fleet/call":{}}}')],
    ['a judged member twice', response('"result":{"isError":true,"isError":false}')],
    ['a member of _meta twice', response('"result":{"_meta":{"a":1,"a":2}}')],
    ['a result that is no object', response('"result":[]')],
    ['an error that is none', response('"error":{"message":"no code"}')],
    ['an id that is none', '{"jsonrpc":"2.0","id":{},"result":{}}'],
    ['a log line with an id', '{"level":30,"id":1,"msg":"started"}'],
    ['depth beyond the bound', response(`"result":{"a":${'['.repeat(600)}${']'.repeat(600)}}`)],
  ])('takes %s for no message that somebody may wait for', (_, text) => {
    expect(readServerMessage(text)).toMatchObject({ kind: 'none', response: true });
  });

  test.each<[string, string]>([
    ['a request and a response at once', '{"jsonrpc":"2.0","id":1,"method":"ping","result":{}}'],
    ['params that are no object', '{"jsonrpc":"2.0","method":"notifications/message","params":[1]}'],
    ['a request without an id that is one', '{"jsonrpc":"2.0","id":null,"method":"ping"}'],
  ])('takes %s for no message and no response', (_, text) => {
    expect(readServerMessage(text)).toMatchObject({ kind: 'none', response: false });
  });
});

test('a number that comes back as text is the same id, and nothing else is', () => {
  expect([7, '7', 7.0, '07', '7.0', 8, null, ' 7'].map((id) => isIdOf(id, 7))).toEqual([
    true,
    true,
    true,
    false,
    false,
    false,
    false,
    false,
  ]);
});

describe('resultFacts', () => {
  test.each<[string, string, 'legacy' | 'modern', object]>([
    ['a result', '{"content":[]}', 'legacy', { toolError: false, inputRequired: false }],
    ['a refusal', '{"isError":true}', 'modern', { toolError: true }],
    ['isError within another member', '{"data":{"isError":true}}', 'modern', { toolError: false }],
    ['a request for input', '{"resultType":"input_required"}', 'modern', { inputRequired: true }],
    ['a legacy result with a type', '{"resultType":"input_required"}', 'legacy', { inputRequired: false }],
    ['a task', '{"resultType":"task","taskId":"t1"}', 'modern', { taskId: 't1' }],
    ['a legacy task', '{"task":{"taskId":"t1","status":"working"}}', 'legacy', { taskId: 't1' }],
    ['a legacy task of a server that names no type', '{"task":{"taskId":"t1"}}', 'modern', { taskId: 't1' }],
    ['a task that also has content', '{"resultType":"task","taskId":"t1","content":[]}', 'modern', { taskId: 't1' }],
    ['a task without an id', '{"resultType":"task"}', 'modern', { unknownType: 'task, without a taskId' }],
    ['what is complete', '{"resultType":"complete","task":{"taskId":"t1"}}', 'modern', { toolError: false }],
    ['a type that nobody knows', '{"resultType":"later"}', 'modern', { unknownType: 'later' }],
  ])('reads %s', (_, payload, era, facts) => {
    expect(resultFacts(payload, era)).toMatchObject(facts);
  });
});

test.each([
  ['a forged stamp', '{"a":1.0,"_meta":{"cdk-mcp-fleet/call":{"outcome":"failed"},"x":1}}', '{"x":1}'],
  ['one in another case', '{"_meta":{"CDK-MCP-FLEET/call":1}}', '{}'],
  ['one with an escape', '{"_meta":{"x":1,"cdk-mcp-fleet\\/call":1}}', '{"x":1}'],
  ['another _meta', '{"_META":{"cdk-mcp-fleet/call":1}}', undefined],
  ['nothing of ours', '{"_meta":{"progressToken":1}}', '{"progressToken":1}'],
])('withoutOwnWords: %s', (_, object, meta) => {
  const members = withoutOwnWords(object);
  expect(members.get('_meta')).toBe(meta);
  expect([...members.keys()].filter((name) => name.toLowerCase() === '_meta')).toEqual(meta === undefined ? [] : ['_meta']);
});
