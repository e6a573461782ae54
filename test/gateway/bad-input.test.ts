import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { askedId, grant, type Rig, startRig } from './rig';

let rig: Rig;
beforeAll(async () => {
  rig = await startRig({ payments: {} });
  await grant(rig, 'treasury', 'payments', ['*']);
});
afterAll(() => rig.stop());

const call = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'transfer', arguments: {} } };
const modern = { ...call, params: { ...call.params, _meta: { 'io.modelcontextprotocol/protocolVersion': '2026-07-28' } } };
const FUTURE = { 'io.modelcontextprotocol/protocolVersion': '2031-01-01' };
const agreeing = { 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'tools/call', 'mcp-name': 'transfer' };

describe('bad input is refused with a typed error and reaches no server:', () => {
  test.each<[string, number, number, unknown, Record<string, string>]>([
    ['malformed JSON', 400, -32700, '{"jsonrpc":', {}],
    ['duplicate names', 400, -32700, '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"balance","name":"transfer"}}', {}],
    ['a batch', 400, -32600, [call], {}],
    ['a call without a name', 400, -32602, { ...call, params: {} }, {}],
    ['arguments that are a list', 400, -32602, { ...call, params: { name: 'transfer', arguments: [] } }, {}],
    ['a body that is too large', 413, 413, `"${'x'.repeat(20 * 1024 * 1024)}"`, {}],
    ['another content type', 415, 415, call, { 'content-type': 'text/plain' }],
    ['an Accept without streams', 406, 406, call, { accept: 'application/json' }],
    ['a hostile Origin', 403, 403, call, { origin: 'https://evil.test' }],
    ['an unknown protocol version', 400, -32022, call, { 'mcp-protocol-version': '1999-01-01' }],
    ['a modern header on a legacy body', 400, -32602, call, { 'mcp-protocol-version': '2026-07-28' }],
    ['a revision that differs from its header', 400, -32020, { ...call, params: { ...call.params, _meta: FUTURE } }, agreeing],
    [
      'a revision that is not spoken',
      400,
      -32022,
      { ...call, params: { ...call.params, _meta: FUTURE } },
      { ...agreeing, 'mcp-protocol-version': '2031-01-01' },
    ],
    ['Mcp-Method against the body', 400, -32020, call, { 'mcp-method': 'tools/list' }],
    ['Mcp-Name against the body', 400, -32020, call, { 'mcp-name': 'balance' }],
    ['Mcp-Name in another case', 400, -32020, modern, { ...agreeing, 'mcp-name': 'Transfer' }],
    ['Mcp-Name in bad base64', 400, -32020, modern, { ...agreeing, 'mcp-name': '=?base64?!!!?=' }],
    ['a modern request without Mcp-Method', 400, -32020, modern, { 'mcp-protocol-version': '2026-07-28', 'mcp-name': 'transfer' }],
    ['a modern request without Mcp-Name', 400, -32020, modern, { 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'tools/call' }],
    ['a modern request without its version header', 400, -32020, modern, { 'mcp-method': 'tools/call', 'mcp-name': 'transfer' }],
    ['an idempotency key that is too long', 400, -32602, call, { 'idempotency-key': 'k'.repeat(256) }],
    ['a session id that is none', 404, -32001, call, { 'mcp-session-id': 'made-up' }],
  ])('%s', async (_, status, code, body, headers) => {
    const answer = await rig.ask('treasury', 'payments', body, headers);
    expect([answer.status, answer.error.code]).toEqual([status, code]);
    expect(answer.error.data).toMatchObject({ outcome: 'not_executed', reason: expect.any(String) });
    expect(rig.reached).toEqual([]);
  });

  test('an unknown server', async () => {
    const { status, error } = await rig.ask('treasury', 'nowhere', call);
    expect([status, error.data.error]).toEqual([404, 'UNKNOWN_SERVER']);
  });

  test('another HTTP method', async () => {
    const response = await fetch(`${rig.url}/payments/mcp`, {
      method: 'PUT',
      headers: { authorization: `Bearer ${await rig.token('treasury')}` },
    });
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST, GET, DELETE']);
  });

  test.each<[string, () => Promise<string>, RegExp]>([
    ['no token', async () => '', /Authorization/],
    ['another scheme', async () => 'Basic eDp5', /Authorization/],
    ['a token that is none', async () => 'Bearer nonsense', /not a valid access token/],
    ['an expired token', async () => `Bearer ${await rig.token('treasury', { expiresIn: -60 })}`, /expired/],
    ['a token for another audience', async () => `Bearer ${await rig.token('treasury', { audience: 'https://else.test' })}`, /audience/],
    ['a token of another issuer', async () => `Bearer ${await rig.token('treasury', { issuer: 'https://else.test' })}`, /issuer/],
    ['a token with another signature', async () => `Bearer ${(await rig.token('treasury')).slice(0, -8)}AAAAAAAA`, /signature|not a valid/],
  ])('%s is 401, with where to get a token', async (_, authorization, reason) => {
    const { status, error } = await rig.ask('treasury', 'payments', call, { authorization: await authorization() });
    expect(status).toBe(401);
    expect(error.message).toMatch(reason);
    const response = await rig.post('treasury', 'payments', call, { authorization: await authorization() });
    const metadata = /resource_metadata="([^"]+)"/.exec(response.headers.get('www-authenticate') ?? '')?.[1] ?? '';
    expect(await (await fetch(metadata)).json()).toEqual({
      resource: `${rig.url}/payments/mcp`,
      authorization_servers: [rig.gateway.config.identity.issuer],
      bearer_methods_supported: ['header'],
    });
    expect(rig.reached).toEqual([]);
  });
});

test('behind a body of unsaid length that is too large, its connection serves again', async () => {
  const { hostname, port } = new URL(rig.url);
  const socket = connect(Number(port), hostname);
  const head = `POST /payments/mcp HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\ncontent-type: application/json\r\naccept: */*\r\n`;
  socket.write(`${head}authorization: Bearer ${await rig.token('treasury')}\r\n\r\n`);
  for (let sent = 0; sent < 6; sent++) socket.write(`100000\r\n${'x'.repeat(0x100000)}\r\n`);
  socket.write('0\r\n\r\nGET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n');
  expect((await text(socket)).match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 413', 'HTTP/1.1 200']);
});

test('an encoded Mcp-Name and an allowed Origin agree', async () => {
  rig.upstream = (_, response) =>
    response
      .writeHead(200, { 'content-type': 'application/json', 'mcp-fleet-instance': 't' })
      .end(`{"jsonrpc":"2.0","id":${askedId(response)},"result":{"content":[]}}`);
  const name = `=?base64?${Buffer.from('transfer').toString('base64')}?=`;
  const { result } = await rig.ask('treasury', 'payments', modern, { ...agreeing, 'mcp-name': name, origin: 'https://console.test' });
  expect(result.content).toEqual([]);
});
