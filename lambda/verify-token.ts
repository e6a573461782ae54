import { JwtVerifier } from 'aws-jwt-verify';
import type { Jwk } from 'aws-jwt-verify/jwk';
import type { Agent } from '../core/agent';
import type { IdentityConfig } from '../core/fleet-config';
import { IssuerKeys } from '../core/issuer-keys';
import { fetchIssuerKeys, jwksCacheOf } from '../core/issuer-metadata';
import { CLOCK_SKEW_SECONDS, isMeantFor, missingScopes, requireAccessToken, tokenScope } from '../core/token-audience';
import { exchange } from './exchange';
import { assertTrusted } from './trusted-address';

/** Bounds a fetch of the issuer's keys. */
const FETCH_LIMITS = { connectMs: 3_000, answerMs: 3_000 };

/** Answers whom a token shown to a server stands for; rejects when it is not valid there, with a reason that holds no part of it. */
export type TokenVerifier = (token: string, server: string) => Promise<Agent>;

/**
 * Verifies access tokens of one issuer: signature, `iss`, audience, `exp`, `nbf` (RFC 7519 §4.1) and scopes.
 * @throws FleetError AUTHORIZER_UNAVAILABLE, by the promise, when the issuer's keys cannot be had
 */
export function tokenVerifier(identity: IdentityConfig): TokenVerifier {
  const keys = new IssuerKeys<Jwk>({
    fetch: () => fetchIssuerKeys(identity, fetchBytes),
    now: Date.now,
    onWithdrawn: () => {
      verifier = create();
    },
    asksAside: false,
  });
  // The verifier keeps what it has made of a key by `kid`: it is made anew when keys are withdrawn.
  const create = () =>
    JwtVerifier.create(
      {
        issuer: identity.issuer,
        // Depends on the server that it is shown to.
        audience: null,
        // Asked by nobody: the cache below finds the keys.
        jwksUri: identity.jwksUri ?? identity.issuer,
        graceSeconds: CLOCK_SKEW_SECONDS,
        customJwtCheck: ({ header, payload }) => {
          requireAccessToken(header);
          if (typeof payload.sub !== 'string' || payload.sub === '') throw new Error('the token names no subject');
        },
      },
      { jwksCache: jwksCacheOf(keys) },
    );
  let verifier = create();

  return async (token, server) => {
    await keys.keepFresh();
    const claims = await verifier.verify(token);
    const scope = tokenScope({ ...claims });
    if (!isMeantFor(scope, identity, server)) throw new Error('the token is meant for another audience');
    if (missingScopes(scope, identity).length > 0) throw new Error('the token lacks a scope');
    return { issuer: identity.issuer, subject: String(claims.sub) };
  };
}

/** aws-jwt-verify's own fetcher speaks only HTTPS; an issuer on loopback speaks HTTP. */
async function fetchBytes(uri: string): Promise<Buffer> {
  assertTrusted(uri, "The issuer's keys");
  const url = new URL(uri);
  // Firewalls refuse who does not say what it is.
  const headers = ['host', url.host, 'accept', 'application/json', 'user-agent', 'cdk-mcp-fleet'];
  const { status, body } = await exchange(url, { method: 'GET', headers }, FETCH_LIMITS);
  if (status !== 200) throw new Error(`${uri} answered ${status}`);
  return body;
}
