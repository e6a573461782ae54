import { afterEach, describe, expect, test } from '@jest/globals';
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose';
import { type LocalIssuer, startIssuer } from '../../../local/identity/local-issuer';
import { scratchFolder } from '../fixtures/assembly';

const ISSUER = 'https://login.example';
let issuer: LocalIssuer;

afterEach(() => issuer.stop());

/** What any consumer of OIDC does: discovery, then keys. */
async function verify(token: string, audience?: string) {
  const discovery = (await (await fetch(`${issuer.url}/.well-known/openid-configuration`)).json()) as { issuer: string; jwks_uri: string };
  const keys = createLocalJWKSet((await (await fetch(discovery.jwks_uri)).json()) as JSONWebKeySet);
  return jwtVerify(token, keys, { issuer: discovery.issuer, ...(audience !== undefined && { audience }) });
}

describe('startIssuer', () => {
  test('gives tokens that a verifier believes', async () => {
    issuer = await startIssuer({ subjects: ['agent-support'], issuer: ISSUER });
    const { payload, protectedHeader } = await verify(
      await issuer.token('agent-support', 'https://mcp.example', 60),
      'https://mcp.example',
    );
    expect(protectedHeader.alg).toBe('RS256');
    expect(payload).toMatchObject({ iss: issuer.url, sub: 'agent-support', aud: 'https://mcp.example' });
    expect((payload.exp as number) - (payload.iat as number)).toBe(60);
  });

  test('takes any audience and any subject', async () => {
    const subject = 'Zoë|service/7 #1';
    issuer = await startIssuer({ subjects: [subject], issuer: ISSUER });
    const { payload } = await verify(await issuer.token(subject, 'not a url', 5), 'not a url');
    expect(payload.sub).toBe(subject);
  });

  test('makes tokens of the shape of Cognito for a user pool', async () => {
    issuer = await startIssuer({ subjects: ['client-1'], issuer: 'https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_abc' });
    const { payload } = await verify(await issuer.token('client-1', 'client-1', 60));
    expect(payload).toMatchObject({ client_id: 'client-1', token_use: 'access', sub: 'client-1' });
    expect((await fetch(`${issuer.url}/.well-known/jwks.json`)).status).toBe(200);
  });

  test('expires what one subject has got, and nobody else; what it gets then is good', async () => {
    issuer = await startIssuer({ subjects: ['first', 'second'], issuer: ISSUER });
    const [old, other] = [await issuer.token('first', 'a', 60), await issuer.token('second', 'a', 60)];
    await verify(old);
    issuer.expire('first');
    await verify(await issuer.token('first', 'a', 60));
    await expect(verify(old)).rejects.toMatchObject({ code: 'ERR_JWKS_NO_MATCHING_KEY' });
    await verify(other);
  });

  test('what has expired stays so over a restart', async () => {
    const folder = scratchFolder();
    issuer = await startIssuer({ subjects: ['first'], issuer: ISSUER, folder });
    const old = await issuer.token('first', 'a', 60);
    issuer.expire('first');
    const fresh = await issuer.token('first', 'a', 60);
    await issuer.stop();
    issuer = await startIssuer({ subjects: ['first'], issuer: ISSUER, folder });
    await verify(fresh);
    await expect(verify(old)).rejects.toMatchObject({ code: 'ERR_JWKS_NO_MATCHING_KEY' });
  });

  test('comes to know subjects while it runs; tokens of before stay good', async () => {
    issuer = await startIssuer({ subjects: ['first'], issuer: ISSUER });
    const token = await issuer.token('first', 'a', 60);
    await expect(issuer.token('second', 'a', 60)).rejects.toThrow('no client for the subject "second"');
    issuer.know(['first', 'second']);
    expect((await verify(await issuer.token('second', 'a', 60))).payload.sub).toBe('second');
    expect((await verify(token)).payload.sub).toBe('first');
  });

  test('is the same issuer with the same key after a restart', async () => {
    const folder = scratchFolder();
    issuer = await startIssuer({ subjects: ['s'], issuer: ISSUER, folder });
    const { url } = issuer;
    const token = await issuer.token('s', 'a', 60);
    await issuer.stop();
    issuer = await startIssuer({ subjects: ['s'], issuer: ISSUER, folder });
    expect(issuer.url).toBe(url);
    expect((await verify(token)).payload.sub).toBe('s');
  });
});
