import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { grant, type Rig, startRig } from '../rig';
import { call, INITIALIZE, modern, modernHeaders } from './messages';
import { openSession, reachedServer, serving } from './serving';
import { sendOverWire } from './wire';

let rig: Rig;
beforeAll(async () => {
  rig = await startRig({ payments: {} });
  await grant(rig, 'support', 'payments', ['balance']);
});
afterAll(() => rig.stop());
beforeEach(() => {
  rig.upstream = serving();
  rig.reached.length = 0;
});

/** In UTF-8 a call of `balance` whose arguments hold a text; in UTF-7 that text ends the string and names another tool. */
const TWO_CALLS =
  '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"balance","arguments":{"x":"+ACI-},+ACI-name+ACI-:+ACI-admin+ACI-"}}}';

describe('a body in another charset than UTF-8 is refused, and reaches no server:', () => {
  test.each([
    ['application/json; charset=utf-7'],
    ['application/json; charset=UTF-16'],
    ['application/json; charset=utf-16le'],
    ['application/json;charset="utf-7"'],
    ['application/json; Charset=ISO-8859-1'],
    ['application/json; charset=utf-8; charset=utf-7'],
    ['application/json; charset=utf-7; charset=utf-8'],
    ['application/json; charset = utf-7'],
    ['application/json; charset='],
    ['application/json; boundary=x; charset=utf-7'],
    ['text/plain; charset=utf-8'],
    ['application/json-rpc'],
    ['application/json, application/json; charset=utf-7'],
    ['application/json; charset="utf-8", text/plain'],
    ['application/json; charset=utf-8, application/json'],
    ['application/json; x'],
  ])('%s', async (type) => {
    const before = await rig.rows();
    const answer = await sendOverWire(rig, 'support', { contentType: [`Content-Type: ${type}`], body: TWO_CALLS });
    expect([answer.status, JSON.parse(answer.text).error.data.error]).toEqual([415, 'UNSUPPORTED_MEDIA_TYPE']);
    expect(reachedServer(rig)).toEqual([]);
    expect(await rig.rows()).toEqual(before);
  });

  test.each([
    ['UTF-16 with a byte order mark', Buffer.from(`\ufeff${JSON.stringify(call('balance'))}`, 'utf16le')],
    ['UTF-16 without one', Buffer.from(JSON.stringify(call('balance')), 'utf16le')],
    ['latin1', Buffer.from(JSON.stringify(call('balance', { note: 'é' })), 'latin1')],
    [
      'an overlong form of UTF-8',
      Buffer.concat([
        Buffer.from('{"jsonrpc":"2.0","id":1,"method":"ping","params":{"x":"'),
        Buffer.from([0xc0, 0xa2]),
        Buffer.from('"}}'),
      ]),
    ],
    [
      'a surrogate in UTF-8',
      Buffer.concat([
        Buffer.from('{"jsonrpc":"2.0","id":1,"method":"ping","params":{"x":"'),
        Buffer.from([0xed, 0xa0, 0x80]),
        Buffer.from('"}}'),
      ]),
    ],
  ])('bytes that are %s, whatever the header says', async (_, body) => {
    const answer = await sendOverWire(rig, 'support', { body });
    expect([answer.status, JSON.parse(answer.text).error.code]).toEqual([400, -32700]);
    expect(reachedServer(rig)).toEqual([]);
  });
});

describe('a body in UTF-8 is taken', () => {
  test.each([
    ['application/json'],
    ['application/json; charset=utf-8'],
    ['application/json;charset="UTF-8"'],
    ['Application/JSON; charset=utf8'],
    ['application/json; profile="a;b"'],
  ])('as %s, and its server is told the one type that it is', async (type) => {
    const answer = await sendOverWire(rig, 'support', { contentType: [`Content-Type: ${type}`], body: TWO_CALLS });
    expect(answer.status).toBe(200);
    expect(reachedServer(rig)).toEqual(['tools/call balance']);
    expect(rig.reached[0]?.headers['content-type']).toBe('application/json');
  });

  test('with a byte order mark, which its server is not sent', async () => {
    await sendOverWire(rig, 'support', { body: `\ufeff${JSON.stringify(call('balance'))}` });
    expect(rig.reached[0]?.body.startsWith('{"jsonrpc":"2.0"')).toBe(true);
  });
});

test('on every lane the server is told a type of ours, never the caller’s', async () => {
  const session = await openSession(rig, 'support', 'payments', INITIALIZE);
  const type = { 'content-type': 'application/json; charset=utf-8; x=1', accept: 'application/json;q=0.1, text/event-stream, x/y' };
  await rig.post('support', 'payments', { jsonrpc: '2.0', method: 'notifications/initialized' }, { 'mcp-session-id': session, ...type });
  await rig.post('support', 'payments', { jsonrpc: '2.0', id: 9, result: {} }, { 'mcp-session-id': session, ...type });
  await rig.ask('support', 'payments', { jsonrpc: '2.0', id: 1, method: 'tools/list' }, { 'mcp-session-id': session, ...type });
  await rig.ask('support', 'payments', modern('resources/list'), { ...modernHeaders('resources/list'), ...type });
  expect(rig.reached).toHaveLength(5);
  for (const { headers } of rig.reached)
    expect([headers['content-type'], headers.accept]).toEqual(['application/json', 'application/json, text/event-stream']);
});
