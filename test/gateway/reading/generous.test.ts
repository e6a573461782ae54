import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { grant, type Rig, readRpc, startRig } from '../rig';
import { call } from './messages';
import { reachedServer, serving } from './serving';
import { sendOverWire } from './wire';

let rig: Rig;
beforeAll(async () => {
  rig = await startRig({ payments: {} });
  await grant(rig, 'support', 'payments', ['*']);
});
afterAll(() => rig.stop());
beforeEach(() => {
  rig.upstream = serving();
  rig.reached.length = 0;
});

describe('null for absent is taken, and its server is sent none:', () => {
  test.each<[string, string, string]>([
    ['params', '{"jsonrpc":"2.0","id":1,"method":"ping","params":null}', '{"jsonrpc":"2.0","id":$,"method":"ping"}'],
    ['params of a list', '{"jsonrpc":"2.0","id":1,"method":"tools/list","params":null}', '{"jsonrpc":"2.0","id":$,"method":"tools/list"}'],
    [
      'arguments',
      '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"pay","arguments":null}}',
      '{"jsonrpc":"2.0","id":$,"method":"tools/call","params":{"name":"pay"}}',
    ],
    [
      '_meta',
      '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"pay","_meta":null,"arguments":{"x":null}}}',
      '{"jsonrpc":"2.0","id":$,"method":"tools/call","params":{"name":"pay","arguments":{"x":null}}}',
    ],
    [
      'both, of a prompt',
      '{"params":{"_meta":null,"arguments":null,"name":"p"},"method":"prompts/get","id":1,"jsonrpc":"2.0"}',
      '{"jsonrpc":"2.0","id":$,"method":"prompts/get","params":{"name":"p"}}',
    ],
    [
      'params of a notification',
      '{"jsonrpc":"2.0","method":"notifications/initialized","params":null}',
      '{"jsonrpc":"2.0","method":"notifications/initialized"}',
    ],
  ])('%s', async (_, body, sent) => {
    const response = await rig.post('support', 'payments', body);
    expect(response.status).toBeLessThan(300);
    await response.text();
    expect(rig.reached.map(({ body: text }) => text.replace(/"id":\d+/, '"id":$'))).toEqual([sent]);
  });
});

describe('null for what must be there stays an error:', () => {
  test.each([
    ['a name', '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":null}}'],
    ['an id', '{"jsonrpc":"2.0","id":null,"method":"tools/call","params":{"name":"pay"}}'],
    ['a method', '{"jsonrpc":"2.0","id":1,"method":null}'],
    ['a version', '{"jsonrpc":null,"id":1,"method":"ping"}'],
    ['a message', 'null'],
    ['params that are a list', '{"jsonrpc":"2.0","id":1,"method":"ping","params":[]}'],
    ['arguments that are a text', '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"pay","arguments":""}}'],
    ['a _meta that is a list', '{"jsonrpc":"2.0","id":1,"method":"ping","params":{"_meta":[]}}'],
  ])('%s', async (_, body) => {
    const { status } = await rig.ask('support', 'payments', body);
    expect(status).toBe(400);
    expect(reachedServer(rig)).toEqual([]);
  });
});

describe('as generous as HTTP is:', () => {
  const body = JSON.stringify(call('pay'));
  const done = { content: [{ type: 'text', text: 'done' }] };

  test.each([
    ['both', 'application/json, text/event-stream'],
    ['neither, in so many words', undefined],
    ['anything', '*/*'],
    ['ranges', 'application/*, text/*'],
    ['weights', 'text/event-stream;q=0.1, application/json;q=0.9'],
    ['another case', 'Application/JSON,TEXT/Event-Stream'],
    ['parameters', 'application/json; charset=utf-8, text/event-stream; charset=utf-8'],
    ['more than is needed', 'text/html, application/json, text/event-stream, */*;q=0.1'],
    ['anything but HTML', 'text/html;q=0, */*'],
  ])('Accept of %s', async (_, accept) => {
    const answer = await sendOverWire(rig, 'support', { body, accept: accept === undefined ? [] : [`Accept: ${accept}`] });
    expect([answer.status, readRpc(answer.text).result]).toMatchObject([200, done]);
    expect(rig.reached[0]?.headers.accept).toBe('application/json, text/event-stream');
  });

  test.each(['application/json', 'text/event-stream', 'text/*', 'application/json;q=0, */*', '*/*;q=0', 'image/png'])(
    'but Accept: %s leaves no form of answer',
    async (accept) => {
      const answer = await sendOverWire(rig, 'support', { body, accept: [`Accept: ${accept}`] });
      expect([answer.status, JSON.parse(answer.text).error.data.error]).toEqual([406, 'NOT_ACCEPTABLE']);
      expect(reachedServer(rig)).toEqual([]);
    },
  );

  test.each(['Bearer  ', 'bearer ', 'BEARER    '])('Authorization that begins with "%s"', async (scheme) => {
    const answer = await sendOverWire(rig, 'support', { body, authorization: [`Authorization: ${scheme}${await rig.token('support')}`] });
    expect(readRpc(answer.text).result).toMatchObject(done);
  });

  test.each(['/payments/mcp/', '/payments/mcp?x=1', '/payments/mcp/?x=1'])('the endpoint as %s', async (path) => {
    const answer = await sendOverWire(rig, 'support', { body, path });
    expect([answer.status, readRpc(answer.text).result]).toMatchObject([200, done]);
  });

  test.each(['/payments/mcpx', '/payments/mcp/x', '/payments//mcp', '/payments/mcp//'])('but not %s, which is another', async (path) => {
    expect((await sendOverWire(rig, 'support', { body, path })).status).toBe(404);
    expect(reachedServer(rig)).toEqual([]);
  });

  test('an empty session id is none, and is not sent on', async () => {
    const answer = await sendOverWire(rig, 'support', { body, lines: ['Mcp-Session-Id:'] });
    expect(readRpc(answer.text).result).toMatchObject(done);
    expect(rig.reached[0]?.headers['mcp-session-id']).toBeUndefined();
  });

  test('an empty session id opens a session', async () => {
    const initialize = JSON.stringify({
      jsonrpc: '2.0',
      id: 0,
      method: 'initialize',
      params: { protocolVersion: '2025-11-25', capabilities: {} },
    });
    const answer = await sendOverWire(rig, 'support', { body: initialize, lines: ['Mcp-Session-Id: '] });
    expect(answer.headers.get('mcp-session-id')).toMatch(/^[\w-]+$/);
  });
});
