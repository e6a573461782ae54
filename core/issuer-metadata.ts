import { assertIsJwks, type Jwk, SimpleJwksCache } from 'aws-jwt-verify/jwk';
import type { IdentityConfig } from './fleet-config';
import type { IssuerKeys } from './issuer-keys';

/** Gets what is at an address: https, or http on loopback. Rejects with a message that names the address and the cause. */
export type FetchBytes = (url: string) => Promise<Uint8Array>;

/**
 * The signing keys of an issuer (RFC 7517 §5), where the configuration or its metadata (OpenID Connect Discovery 1.0 §4) says.
 * @throws Error that names the address, and what is wrong with what it answers
 */
export async function fetchIssuerKeys({ issuer, jwksUri }: IdentityConfig, fetch: FetchBytes): Promise<readonly Jwk[]> {
  const url = jwksUri ?? (await discoverJwksUri(issuer, fetch));
  const found = (await fetchJson(url, fetch)) as Parameters<typeof assertIsJwks>[0];
  try {
    assertIsJwks(found);
    return found.keys;
  } catch (error) {
    throw new Error(`${url} answers no JWKS: ${(error as Error).message}`);
  }
}

async function discoverJwksUri(issuer: string, fetch: FetchBytes): Promise<string> {
  const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
  const found = (await fetchJson(url, fetch)) as { readonly issuer?: unknown; readonly jwks_uri?: unknown } | null;
  if (found?.issuer !== issuer) throw new Error(`${url} is the metadata of another issuer: ${JSON.stringify(found?.issuer)}`);
  if (typeof found.jwks_uri !== 'string') throw new Error(`${url} names no jwks_uri`);
  return found.jwks_uri;
}

async function fetchJson(url: string, fetch: FetchBytes): Promise<unknown> {
  const bytes = await fetch(url);
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw new Error(`${url} answers no JSON`);
  }
}

/** Lets the library's verifier find its keys here; there is one issuer, so that no address tells them apart. */
export function jwksCacheOf(keys: IssuerKeys<Jwk>): SimpleJwksCache {
  const cache = new SimpleJwksCache();
  cache.getJwk = (_, { header }) => keys.find(header.kid);
  return cache;
}
