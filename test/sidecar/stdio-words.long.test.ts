import { afterEach, describe, expect, test } from '@jest/globals';
import { scripted } from './scripted';
import { call, events, initialize, post, type StartedSidecar, startSidecar, stopAll, until } from './started';

let sidecar: StartedSidecar;

async function openSession(body: string): Promise<Record<string, string>> {
  const command = scripted(`if (m.method === 'initialize') ready(m); ${body}`);
  sidecar = await startSidecar({ kind: 'stdio', command, environment: [] });
  const response = await post(sidecar.url, initialize);
  await response.text();
  return { 'mcp-session-id': response.headers.get('mcp-session-id') as string };
}

afterEach(() => stopAll([sidecar?.process]));

describe('a response is read in one way', () => {
  // What is said before the answer, each of it for another parser the answer.
  test.each([
    ['a log line with the id', `'{"level":"info","id":' + m.id + ',"result":{"forged":true},"msg":"done"}'`],
    ['a log line whose id is the method of a message', `'{"id":' + m.id + ',"msg":"result"}'`],
    ['a response of another version', `'{"jsonrpc":"1.0","id":' + m.id + ',"result":{"forged":true}}'`],
    ['a response to an id that only looks alike', `'{"jsonrpc":"2.0","id":"0' + m.id + '","result":{"forged":true}}'`],
    ['a response to the id as a truth', `'{"jsonrpc":"2.0","id":[' + m.id + '],"method":null,"result":{"forged":true}}'`],
    ['a response to nobody', `'{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"forged"}}'`],
    ['a request that is a response, too', `'{"jsonrpc":"2.0","id":' + m.id + ',"method":"ping","result":{"forged":true}}'`],
    ['a text', `'"' + m.id + '"'`],
    ['a batch', `'[{"jsonrpc":"2.0","id":' + m.id + ',"result":{"forged":true}}]'`],
  ])('%s is not taken for it', async (_, line) => {
    const session = await openSession(`if (m.method === 'tools/call') { send(${line}); results(m, { real: true }); }`);
    const response = await post(sidecar.url, call('t', 'mine'), session);
    expect(await response.json()).toEqual({ jsonrpc: '2.0', id: 'mine', result: { real: true } });
  });

  test.each([
    ['its id as text', `'{"jsonrpc":"2.0","id":"' + m.id + '","result":{"real":true}}'`, { result: { real: true } }],
    ['null beside the result', `'{"jsonrpc":"2.0","id":' + m.id + ',"error":null,"result":{"real":true}}'`, { result: { real: true } }],
    [
      'null beside the error',
      `'{"jsonrpc":"2.0","id":' + m.id + ',"result":null,"error":{"code":1,"message":"no"}}'`,
      { error: { code: 1, message: 'no' } },
    ],
  ])('with %s it is', async (_, line, answer) => {
    const session = await openSession(`if (m.method === 'tools/call') send(${line});`);
    expect(await (await post(sidecar.url, call('t', 'mine'), session)).json()).toMatchObject({ id: 'mine', ...answer });
  });

  // Two parsers could read any of these in two ways, or none could: somebody waits for it, and there will be no other.
  test.each([
    ['both a result and an error', `'{"jsonrpc":"2.0","id":' + m.id + ',"result":{},"error":{"code":1,"message":"no"}}'`],
    ['its result twice', `'{"jsonrpc":"2.0","id":' + m.id + ',"result":{"a":1},"result":{"a":2}}'`],
    ['its id twice', `'{"jsonrpc":"2.0","id":' + m.id + ',"id":' + m.id + ',"result":{}}'`],
    ['_meta twice in its result', `'{"jsonrpc":"2.0","id":' + m.id + ',"result":{"_meta":{},"_meta":{}}}'`],
    ['a result that is no object', `'{"jsonrpc":"2.0","id":' + m.id + ',"result":"ok"}'`],
    ['a number that is none', `'{"jsonrpc":"2.0","id":' + m.id + ',"result":{"rate":NaN}}'`],
    ['a number that is none, and its id at the end', `'{"result":{"rate":NaN},"jsonrpc":"2.0","id":' + m.id + '}'`],
    ['a number that is none, and no id', `'{"jsonrpc":"2.0","result":{"rate":NaN}}'`],
    ['a trailing comma', `'{"jsonrpc":"2.0","id":' + m.id + ',"result":{},}'`],
    ['more depth than is read', `'{"jsonrpc":"2.0","id":' + m.id + ',"result":{"a":' + '['.repeat(100000) + ']'.repeat(100000) + '}}'`],
  ])('with %s it ends the call as lost, and others go on', async (_, line) => {
    const session = await openSession(`if (m.method !== 'tools/call') return;
      if (m.params.name === 'broken') send(${line}); else results(m, { real: true });`);
    const response = await post(sidecar.url, call('broken', 'mine'), session);
    expect([response.status, response.headers.get('mcp-fleet-reason')]).toEqual([502, 'server_lost']);
    expect(await response.json()).toMatchObject({ error: { data: { outcome: 'unknown' } } });
    expect(await sidecar.event('child_answer_unreadable')).toMatchObject({ open: 1, told: true });
    expect((await post(sidecar.url, call('t', 2), session)).status).toBe(200);
    expect(sidecar.lines.some((logged) => JSON.stringify(logged).includes('rate'))).toBe(false);
  });

  test('with several calls open, the one that an unreadable answer names is lost, and without a name none', async () => {
    const session = await openSession(`
      if (m.method !== 'tools/call') return;
      (globalThis.open ??= []).push(m);
      if (open.length < 2) return;
      send('{"jsonrpc":"2.0","result":{"rate":NaN}}');
      send('{"jsonrpc":"2.0","id":' + open[0].id + ',"result":{"rate":NaN}}');
      results(open[1], { real: true });`);
    const answers = await Promise.all(['a', 'b'].map((id) => post(sidecar.url, call('t', id), session)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 502]);
    const unreadable = () => sidecar.lines.filter(({ event }) => event === 'child_answer_unreadable');
    await until(() => unreadable().length === 2, 'both lines to be logged');
    expect(unreadable()).toMatchObject([
      { open: 2, told: false },
      { open: 2, told: true },
    ]);
  });

  test('an answer that breaks in the middle of a stream ends the stream with a word that is signed', async () => {
    const session = await openSession(`
      if (m.method !== 'tools/call') return;
      send({ jsonrpc: '2.0', method: 'notifications/message', params: { level: 'info', data: 'working' } });
      send('{"jsonrpc":"2.0","id":' + m.id + ',"result":{"rate":NaN}}');`);
    const heard = [];
    for await (const message of events(await post(sidecar.url, call('t', 'mine'), session))) heard.push(message);
    expect(heard).toMatchObject([
      { method: 'notifications/message' },
      { id: 'mine', error: { code: 504, data: { outcome: 'unknown', sidecar: { reason: 'server_lost', mac: expect.any(String) } } } },
    ]);
  });
});

describe('a line that is longer than may be held', () => {
  const MIB = 1024 * 1024;

  test.each([
    ['its id at the beginning', `'{"jsonrpc":"2.0","id":' + m.id + ',"result":{"text":"' + 'x'.repeat(65 * ${MIB}) + '"}}\\n'`],
    ['its id at the end', `'{"result":{"text":"' + 'x'.repeat(65 * ${MIB}) + '"},"jsonrpc":"2.0","id":' + m.id + '}\\n'`],
    ['no end', `'{"result":{"text":"' + 'x'.repeat(65 * ${MIB})`],
  ])('with %s ends the call that waits for it, and the session goes on', async (_, text) => {
    const session = await openSession(`
      if (m.method === 'tools/call' && m.params.name === 'long') process.stdout.write(${text});
      if (m.method === 'tools/call' && m.params.name === 'short') { process.stdout.write('\\n'); results(m, { real: true }); }`);
    const response = await post(sidecar.url, call('long', 'mine'), session);
    expect(response.headers.get('mcp-fleet-reason')).toBe('server_lost');
    expect(await (await post(sidecar.url, call('short', 2), session)).json()).toMatchObject({ id: 2, result: { real: true } });
  });
});

test('a call without the session that the server needs is refused by the sidecar, under a name', async () => {
  sidecar = await startSidecar({ kind: 'stdio', command: scripted('results(m, {})'), environment: [] });
  const response = await post(sidecar.url, call('t'));
  expect([response.status, response.headers.get('mcp-fleet-reason')]).toEqual([400, 'not_taken']);
  expect(await response.json()).toMatchObject({ error: { code: -32600, data: { outcome: 'not_executed' } } });
});
