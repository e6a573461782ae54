import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { isAllowedOrigin } from '../../gateway/http/cors';
import { type Rig, startRig } from './rig';

let rig: Rig;
beforeAll(async () => {
  rig = await startRig({ payments: {} });
});
afterAll(() => rig.stop());

const preflight = (origin: string) =>
  fetch(`${rig.url}/payments/mcp`, {
    method: 'OPTIONS',
    headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization,mcp-session-id' },
  });

describe('a page of an allowed origin', () => {
  test('may ask before it has a token', async () => {
    const response = await preflight('https://console.test');
    expect(response.status).toBe(204);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'access-control-allow-origin': 'https://console.test',
      'access-control-allow-methods': expect.stringContaining('DELETE'),
      'access-control-allow-headers': 'authorization,mcp-session-id',
      vary: 'Origin',
    });
  });

  test('may read how to log in', async () => {
    const response = await rig.post('treasury', 'payments', {}, { origin: 'https://console.test', authorization: '' });
    expect(response.status).toBe(401);
    expect(response.headers.get('access-control-allow-origin')).toBe('https://console.test');
    expect(response.headers.get('access-control-expose-headers')).toMatch(/Mcp-Session-Id.*WWW-Authenticate/);
  });
});

test('a page of any other origin is refused and may read nothing', async () => {
  const response = await preflight('https://evil.test');
  expect([response.status, response.headers.get('access-control-allow-origin')]).toEqual([403, null]);
});

test.each([
  ['http://localhost:5173', '127.0.0.1:8700', true],
  ['http://[::1]:5173', 'localhost:8700', true],
  ['http://localhost:5173', 'mcp.acme.example', false],
  ['http://evil.test', '127.0.0.1:8700', false],
  ['http://localhost.evil.test', 'localhost', false],
  ['null', 'localhost', false],
])('%s at the host %s: %s', (origin, host, allowed) => {
  expect(isAllowedOrigin(origin, host, [])).toBe(allowed);
});
