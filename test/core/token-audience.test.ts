import { describe, expect, test } from '@jest/globals';
import type { IdentityConfig } from '../../core/fleet-config';
import { isMeantFor, missingScopes, requireAccessToken, serverResource, tokenScope } from '../../core/token-audience';
import { randomOf } from '../chaos/random';

const BASE = 'https://mcp.example.com';
const OIDC: IdentityConfig = {
  issuer: 'https://login.example',
  audience: ['https://api.example.com', 'fleet'],
  audienceClaim: 'aud',
  baseUrl: BASE,
};
const COGNITO: IdentityConfig = { ...OIDC, audience: ['client-1'], audienceClaim: 'client_id' };
const meant = (claims: object, identity = OIDC, server = 'payments') => isMeantFor(tokenScope({ ...claims }), identity, server);

describe('a token is meant for a server', () => {
  test.each<[string, object]>([
    ['by what is stated', { aud: 'fleet' }],
    ['by one of several', { aud: ['https://else.example', 'fleet'] }],
    ['by a URL without a path, as clients write it', { aud: 'https://api.example.com/' }],
    ['by its endpoint', { aud: `${BASE}/payments/mcp` }],
    ['by its endpoint with a slash', { aud: `${BASE}/payments/mcp/` }],
  ])('%s', (_, claims) => expect(meant(claims)).toBe(true));

  test.each<[string, object]>([
    ['by the endpoint of another one', { aud: `${BASE}/memory/mcp` }],
    ['by an endpoint of another host', { aud: 'https://mcp.example.com.evil.test/payments/mcp' }],
    ['without TLS', { aud: 'http://mcp.example.com/payments/mcp' }],
    ['by a prefix', { aud: BASE }],
    ['by more than a slash', { aud: `${BASE}/payments/mcp//` }],
    ['by a name with a slash', { aud: 'fleet/' }],
    ['by no audience', {}],
    ['by an audience that is no text', { aud: { fleet: true } }],
    ['by a client', { client_id: 'fleet' }],
  ])('never %s', (_, claims) => expect(meant(claims)).toBe(false));

  test('where the fleet does not know its URL, by what is stated alone', () => {
    const { baseUrl, ...identity } = OIDC;
    expect([meant({ aud: serverResource(baseUrl as string, 'payments') }, identity), meant({ aud: 'fleet' }, identity)]).toEqual([
      false,
      true,
    ]);
  });

  test.each<[object, boolean]>([
    [{ client_id: 'client-1' }, true],
    [{ client_id: 'client-1', aud: `${BASE}/payments/mcp` }, true],
    [{ client_id: 'client-1', aud: `${BASE}/memory/mcp` }, false],
    [{ client_id: 'client-1', aud: 'client-1' }, true],
    [{ client_id: 'client-1', aud: 'client-2' }, false],
    [{ client_id: 'client-2', aud: `${BASE}/payments/mcp` }, false],
    [{ aud: 'client-1' }, false],
  ])('of Cognito %j: %s', (claims, expected) => expect(meant(claims, COGNITO)).toBe(expected));
});

test('no audience but those of its own opens a server', () => {
  const own = [...OIDC.audience, 'https://api.example.com/', `${BASE}/payments/mcp`, `${BASE}/payments/mcp/`];
  const seeds = [...own, BASE, `${BASE}/memory/mcp`];
  const random = randomOf('audiences');
  const below = (bound: number) => Math.floor(random() * bound);
  const near = () => {
    const text = seeds[below(seeds.length)] as string;
    const at = below(text.length + 1);
    return text.slice(0, at) + text.slice(below(text.length), below(text.length)) + text.slice(at + below(3));
  };
  let opened = 0;
  for (let turn = 0; turn < 20_000; turn++) {
    const aud = Array.from({ length: below(3) }, near);
    const expected = aud.some((one) => own.includes(one));
    if (meant({ aud }) !== expected) throw new Error(`${JSON.stringify(aud)} opens it: ${!expected}`);
    if (expected) opened++;
  }
  expect(opened).toBeGreaterThan(1_000);
});

test('scopes are words, and all that are required must be there', () => {
  const identity = { ...OIDC, requiredScopes: ['mcp', 'mcp:write'] };
  const missing = (scope: unknown) => missingScopes(tokenScope({ scope }), identity);
  expect([
    missing('mcp mcp:write other'),
    missing('mcp:write'),
    missing('mcp-mcp:write'),
    missing(['mcp', 'mcp:write']),
    missing(undefined),
  ]).toEqual([[], ['mcp'], ['mcp', 'mcp:write'], ['mcp', 'mcp:write'], ['mcp', 'mcp:write']]);
});

test.each<[object, boolean]>([
  [{ alg: 'RS256' }, true],
  [{ typ: 'JWT' }, true],
  [{ typ: 'at+jwt' }, true],
  [{ typ: 'application/at+JWT' }, true],
  [{ typ: 'logout+jwt' }, false],
  [{ typ: 'jwt+at' }, false],
  [{ typ: ['JWT', 'x'] }, false],
  [{ crit: ['exp'] }, false],
  [{ crit: ['b64'], b64: false }, false],
  [{ crit: undefined }, false],
])('the header %j is of an access token that everybody understands: %j', (header, isOne) => {
  const judged = (): void => requireAccessToken(header);
  if (isOne) expect(judged).not.toThrow();
  else expect(judged).toThrow(/extensions|access/);
});
