import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { answer, grant, type Rig, startRig } from './rig';

const BASE = 'https://mcp.example.com';
const call = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'transfer', arguments: {} } };
let rig: Rig;

beforeAll(async () => {
  rig = await startRig({ payments: {}, memory: {} });
  const { identity } = rig.gateway.config;
  Object.assign(identity, { baseUrl: BASE });
  await grant(rig, 'treasury', 'payments', ['*']);
  await grant(rig, 'treasury', 'memory', ['*']);
});
beforeEach(() => {
  rig.upstream = (_, response, body) => answer(response, { jsonrpc: '2.0', id: JSON.parse(body).id, result: { content: [] } });
});
afterAll(() => rig.stop());

const as = async (audience: string) => ({ authorization: `Bearer ${await rig.token('treasury', { audience })}` });

test('a token for the endpoint of a server is taken there, and nowhere else', async () => {
  const headers = await as(`${BASE}/payments/mcp`);
  expect(await rig.ask('treasury', 'payments', call, headers)).toMatchObject({ result: { content: [] } });
  const refused = await rig.post('treasury', 'memory', call, headers);
  expect([refused.status, refused.headers.get('www-authenticate')]).toEqual([
    401,
    `Bearer error="invalid_token", error_description="the token is meant for another audience", resource_metadata="${BASE}/.well-known/oauth-protected-resource/memory/mcp"`,
  ]);
  // What was found of one server says nothing of another, also when asked again.
  expect((await rig.post('treasury', 'memory', call, headers)).status).toBe(401);
});

test('whoever says by Host where the fleet is gets no other audience taken', async () => {
  const headers = { ...(await as('https://evil.test/payments/mcp')), host: 'evil.test', 'x-forwarded-proto': 'https' };
  expect((await rig.post('treasury', 'payments', call, headers)).status).toBe(401);
});

test('the metadata names the URL that the fleet is known by', async () => {
  const metadata = await fetch(`${rig.url}/.well-known/oauth-protected-resource/payments/mcp`);
  expect(await metadata.json()).toMatchObject({ resource: `${BASE}/payments/mcp` });
});
