import { connect } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { answer, deferred, grant, type Rig, startRig } from '../rig';
import { call, INITIALIZE } from './messages';
import { openSession, reachedServer, serving } from './serving';

let rig: Rig;
beforeAll(async () => {
  rig = await startRig({ payments: {}, old: {} });
  for (const subject of ['support', 'treasury']) for (const server of ['payments', 'old']) await grant(rig, subject, server, ['*']);
});
afterAll(() => rig.stop());
beforeEach(() => {
  rig.upstream = serving();
  rig.reached.length = 0;
});

const around = (args: string): string => `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"pay","arguments":${args}}}`;
const nested = (depth: number): string => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;

const BEYOND: [string, string][] = [
  ['lists within lists, 63 KiB', '['.repeat(63 * 1024)],
  ['lists within lists that end', '['.repeat(30_000) + ']'.repeat(30_000)],
  ['objects within objects, 4 MiB', '{"a":'.repeat(700_000)],
  ['arguments 4,000 deep', around(nested(4_000))],
  ['arguments as deep as may be, and one more', around(nested(127))],
  ['lists and objects in turn', around(`${'[{"a":'.repeat(200)}1${'}]'.repeat(200)}`)],
  ['depth in _meta', `{"jsonrpc":"2.0","id":1,"method":"ping","params":{"_meta":{"x/y":${nested(500)}}}}`],
  ['depth in a part of a batch', `[{"jsonrpc":"2.0","id":1,"method":"ping","params":{"x":${nested(500)}}}]`],
  ['a million values', around(`{"x":[${'0,'.repeat(1_000_000)}0]}`)],
  ['300,000 empty lists', around(`{"x":[${'[],'.repeat(300_000)}0]}`)],
  ['300,000 members', around(`{${Array.from({ length: 300_000 }, (_, n) => `"${n}":0`).join(',')}}`)],
  ['a member’s name of a megabyte', around(`{"${'n'.repeat(1_000_000)}":1}`)],
  ['a number of a hundred thousand digits', around(`{"x":0.${'1'.repeat(100_000)}}`)],
  ['an exponent of a hundred thousand digits', around(`{"x":1e-${'9'.repeat(100_000)}}`)],
  ['quotes that are never closed', `"${'\\"'.repeat(1_000_000)}`],
  ['escapes without an end', `"${'\\u0061'.repeat(300_000)}`],
];

describe('what is beyond a bound is refused before anything is made of it, holds nothing, and harms nobody:', () => {
  test.each(BEYOND)('%s', async (_, body) => {
    const [refused, other] = await Promise.all([rig.ask('support', 'payments', body), rig.ask('treasury', 'payments', call('pay'))]);
    expect([refused.status, refused.error.code]).toEqual([400, -32700]);
    expect(refused.error.data).toMatchObject({ outcome: 'not_executed', retry: 'fix_request' });
    expect(other.result.content).toEqual([{ type: 'text', text: 'done' }]);
    expect(reachedServer(rig)).toEqual(['tools/call pay']);
    expect(rig.gateway.holdings.bytes).toBe(0);
  });

  test.each(BEYOND)('%s, of a caller without a token, is not read at all', async (_, body) => {
    const response = await rig.post('support', 'payments', body, { authorization: 'Bearer nonsense' });
    expect(response.status).toBe(401);
    await response.text();
    expect(rig.gateway.holdings.bytes).toBe(0);
  });
});

describe('what is within the bounds passes as it is:', () => {
  test.each<[string, string]>([
    ['arguments as deep as may be', nested(126)],
    ['many values', `{"x":[${'0,'.repeat(240_000)}0]}`],
    ['many members', `{"x":{${Array.from({ length: 100_000 }, (_, n) => `"${n}":0`).join(',')}}}`],
    ['a text of three megabytes', `{"x":"${'t'.repeat(3_000_000)}"}`],
    ['a text of quotes', `{"x":"${'\\"'.repeat(1_000_000)}"}`],
    ['a text of backslashes', `{"x":"${'\\\\'.repeat(1_000_000)}"}`],
    ['a number with a thousand digits', `{"x":0.${'1'.repeat(998)}}`],
  ])('%s', async (_, args) => {
    const { result } = await rig.ask('support', 'payments', around(args));
    expect(result.content).toEqual([{ type: 'text', text: 'done' }]);
    expect(rig.reached[0]?.body).toContain(`"arguments":${args}`);
    expect(rig.gateway.holdings.bytes).toBe(0);
  });
});

describe('a batch', () => {
  let session: string;
  beforeEach(async () => {
    rig.upstream = serving({
      initialize: (_, response) =>
        answer(response, { jsonrpc: '2.0', result: { protocolVersion: '2025-03-26', capabilities: {} } }, { 'mcp-session-id': 'old-1' }),
    });
    session = await openSession(rig, 'support', 'old', INITIALIZE);
    rig.reached.length = 0;
  });
  const ping = (id: number): object => ({ jsonrpc: '2.0', id, method: 'ping' });

  test.each<[string, unknown]>([
    ['of 101 messages', Array.from({ length: 101 }, (_, id) => ping(id))],
    ['of a hundred thousand numbers', Array(100_000).fill(0)],
    ['of none', []],
  ])('%s is refused whole', async (_, batch) => {
    const { status, error } = await rig.ask('support', 'old', batch, { 'mcp-session-id': session });
    expect([status, error.code]).toEqual([400, -32600]);
    expect(reachedServer(rig)).toEqual([]);
  });

  test('within a batch is refused, and the message beside it is served', async () => {
    const response = await rig.post('support', 'old', [[ping(1)], [[ping(2)]], ping(3)], { 'mcp-session-id': session });
    const answers = (await response.json()) as { id: unknown }[];
    expect(answers.filter(({ id }) => id === 3)).toMatchObject([{ result: {} }]);
    expect(answers.filter(({ id }) => id === null)).toMatchObject([{ error: { code: -32600 } }, { error: { code: -32600 } }]);
    expect(reachedServer(rig)).toEqual(['ping']);
    expect(rig.gateway.holdings.bytes).toBe(0);
  });
});

test('a caller that never ends its body is held for no more than it has sent, and others are served', async () => {
  const [begun, begin] = deferred();
  const { port, hostname } = new URL(rig.url);
  const socket = connect(Number(port), hostname, async () => {
    const head = `POST /payments/mcp HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${await rig.token('support')}\r\nContent-Type: application/json\r\nAccept: */*\r\n`;
    socket.write(`${head}Transfer-Encoding: chunked\r\n\r\n400\r\n${' '.repeat(1024)}\r\n`);
    begin();
  });
  await begun;
  for (; rig.gateway.holdings.bytes < 1024; ) await new Promise((resolve) => setImmediate(resolve));
  expect((await rig.ask('treasury', 'payments', call('pay'))).result.content).toEqual([{ type: 'text', text: 'done' }]);
  expect(rig.gateway.holdings.bytes).toBe(1024);
  socket.destroy();
  for (; rig.gateway.holdings.bytes > 0; ) await new Promise((resolve) => setImmediate(resolve));
});
