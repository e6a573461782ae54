import type { ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { ISSUER_KEY_TIMES } from '../../core/issuer-keys';
import { AUDIENCE, answer, grant, type Rig, startRig } from './rig';
import { type RotatingIssuer, startRotatingIssuer } from './rotating-issuer';

/** What becomes of calls while an issuer changes its keys, or cannot be asked for them. */

const { fresh, stale, pause } = ISSUER_KEY_TIMES;
const call = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'balance', arguments: {} } };
let issuer: RotatingIssuer;
let rig: Rig;

beforeEach(async () => {
  issuer = await startRotatingIssuer();
  rig = await startRig({ payments: {} }, {}, { identity: { issuer: issuer.url, audience: [AUDIENCE], audienceClaim: 'aud' } });
  await grant(rig, 'treasury', 'payments', ['*']);
  rig.upstream = (_, response) => answer(response, { jsonrpc: '2.0', result: { content: [] } });
});
afterEach(async () => {
  await rig.stop();
  issuer.stop();
});

const tokenOf = (kid: string, seconds = 36_000) => issuer.token(kid, { sub: 'treasury', aud: AUDIENCE, seconds });
const keyFetches = () => issuer.asked.filter((path) => path === '/jwks').length;

/** `ok`, or the error that the caller is told. */
async function told(token: string): Promise<string> {
  const { result, error } = await rig.ask('treasury', 'payments', call, { authorization: `Bearer ${token}` });
  return result === undefined ? String(error.data.error) : 'ok';
}
const toldOf = async (kid: string) => told(await tokenOf(kid));

test.each([
  ['at+jwt', 'ok'],
  ['JWT', 'ok'],
  ['logout+jwt', 'UNAUTHENTICATED'],
  ['dpop+jwt', 'UNAUTHENTICATED'],
])('a token of the type %s is %s, whoever has signed it', async (typ, outcome) => {
  expect(await told(await issuer.token('k1', { sub: 'treasury', aud: AUDIENCE, typ }))).toBe(outcome);
});

describe('a key that the issuer', () => {
  test('has begun to use is taken at once, and the one before it goes on', async () => {
    const old = await tokenOf('k1');
    expect(await told(old)).toBe('ok');
    await issuer.rotate('k2');
    rig.skewMs = pause;
    expect([await toldOf('k2'), await told(old), await toldOf('k1')]).toEqual(['ok', 'ok', 'ok']);
    expect(keyFetches()).toBe(2);
  });

  test('has begun to use while strangers make us ask is taken after the pause', async () => {
    expect(await toldOf('stranger')).toBe('UNAUTHENTICATED');
    await issuer.rotate('k2');
    rig.skewMs = pause - 1_000;
    expect(await toldOf('k2')).toBe('UNAUTHENTICATED');
    rig.skewMs = pause + 1_000;
    expect(await toldOf('k2')).toBe('ok');
  });

  test('has withdrawn opens nothing once its time is over, also with a token that was taken before', async () => {
    const before = await tokenOf('k1');
    expect(await told(before)).toBe('ok');
    await issuer.rotate('k2', ['k1']);
    rig.skewMs = fresh - 5_000;
    expect(await told(before)).toBe('ok');
    rig.skewMs = fresh + 5_000;
    expect([await told(before), await toldOf('k1'), await toldOf('k2')]).toEqual(['UNAUTHENTICATED', 'UNAUTHENTICATED', 'ok']);
  });

  test('has replaced under the same name opens nothing once its time is over', async () => {
    const before = await tokenOf('k1');
    expect(await told(before)).toBe('ok');
    await issuer.rotate('k1');
    rig.skewMs = fresh + 5_000;
    expect([await told(before), await toldOf('k1')]).toEqual(['UNAUTHENTICATED', 'ok']);
  });
});

describe('tokens that name keys by chance', () => {
  const strangers = () => Promise.all(Array.from({ length: 100 }, (_, i) => toldOf(`stranger-${i}`)));

  test('make us ask once in a pause', async () => {
    expect(await toldOf('k1')).toBe('ok');
    expect(new Set(await strangers())).toEqual(new Set(['UNAUTHENTICATED']));
    expect(keyFetches()).toBe(1);
    rig.skewMs = pause + 1_000;
    await strangers();
    await strangers();
    expect(keyFetches()).toBe(2);
    expect(await toldOf('k1')).toBe('ok');
  });

  test('make us ask once in a pause also while the issuer is down, and keep nobody else out', async () => {
    expect(await toldOf('k1')).toBe('ok');
    issuer.fails = (response) => response.destroy();
    rig.skewMs = pause + 1_000;
    const asked = issuer.asked.length;
    expect(new Set(await strangers())).toEqual(new Set(['AUTHORIZER_UNAVAILABLE']));
    // Node asks once more by itself where a kept connection broke.
    expect(issuer.asked.length - asked).toBeLessThanOrEqual(2);
    expect(await toldOf('k1')).toBe('ok');
  });
});

describe('while the issuer is down', () => {
  test('the keys that are held go on for hours, then nobody is let in, with a clear word', async () => {
    const remembered = await tokenOf('k1');
    expect(await told(remembered)).toBe('ok');
    issuer.fails = (response) => response.writeHead(503).end();
    rig.skewMs = stale - 60_000;
    expect([await told(remembered), await toldOf('k1')]).toEqual(['ok', 'ok']);
    rig.skewMs = stale + 1_000;
    const { status, error } = await rig.ask('treasury', 'payments', call, { authorization: `Bearer ${remembered}` });
    expect([status, error.data]).toEqual([
      503,
      expect.objectContaining({
        error: 'AUTHORIZER_UNAVAILABLE',
        retry: 'safe',
        reason: expect.stringContaining(`${issuer.url}/.well-known/openid-configuration answers 503`),
        retryAfterMs: expect.any(Number),
      }),
    ]);
    expect(error.data.retryAfterMs).toBeLessThanOrEqual(pause);
    issuer.fails = undefined;
    rig.skewMs += 2 * pause;
    expect(await told(remembered)).toBe('ok');
  });

  test('a gateway that starts is well, lets nobody in, asks once in a pause, and goes on by itself', async () => {
    issuer.fails = (response) => response.writeHead(500).end();
    expect(new Set(await Promise.all(Array.from({ length: 50 }, () => toldOf('k1'))))).toEqual(new Set(['AUTHORIZER_UNAVAILABLE']));
    expect(issuer.asked).toHaveLength(1);
    expect((await fetch(`${rig.url}/healthz`)).status).toBe(200);
    expect(rig.reached).toEqual([]);
    issuer.fails = undefined;
    rig.skewMs = pause + 1_000;
    expect(await Promise.all([toldOf('k1'), toldOf('k1'), toldOf('k1')])).toEqual(['ok', 'ok', 'ok']);
  });

  const json = (value: unknown) => (response: ServerResponse) => response.end(JSON.stringify(value));
  test.each<[string, (response: ServerResponse, path: string) => void]>([
    ['an error', (response) => response.writeHead(500).end()],
    ['a redirect', (response) => response.writeHead(302, { location: '/elsewhere' }).end()],
    ['no JSON', (response) => response.end('<html>')],
    ['null', json(null)],
    ['metadata of another issuer', json({ issuer: 'https://evil.test', jwks_uri: 'https://evil.test/jwks' })],
    ['metadata that lead out of TLS', (response) => json({ issuer: issuer.url, jwks_uri: 'http://evil.test/jwks' })(response)],
    ['keys that are none', (response, path) => json(path === '/jwks' ? { keys: [7] } : metadata())(response)],
    ['keys without end', (response, path) => (path === '/jwks' ? pour(response) : json(metadata())(response))],
    ['half an answer', (response) => response.writeHead(200, { 'content-length': '9' }).write('{', () => response.destroy())],
  ])('%s, the keys that are held go on', async (_, fails) => {
    expect(await toldOf('k1')).toBe('ok');
    issuer.fails = fails;
    rig.skewMs = fresh + 1_000;
    expect([await toldOf('k1'), await toldOf('k2')]).toEqual(['ok', 'AUTHORIZER_UNAVAILABLE']);
  });
});

const metadata = () => ({ issuer: issuer.url, jwks_uri: `${issuer.url}/jwks` });

function pour(response: ServerResponse): void {
  const more = () => {
    while (!response.destroyed && response.write(' '.repeat(65_536)));
  };
  response.on('drain', more);
  more();
}
