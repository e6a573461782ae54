import { hash } from 'node:crypto';
import { JwtVerifier } from 'aws-jwt-verify';
import type { Jwk } from 'aws-jwt-verify/jwk';
import type { Logger } from 'pino';
import type { Agent } from '../../core/agent';
import { FleetError } from '../../core/errors';
import type { IdentityConfig } from '../../core/fleet-config';
import { IssuerKeys } from '../../core/issuer-keys';
import { fetchIssuerKeys, jwksCacheOf } from '../../core/issuer-metadata';
import { CLOCK_SKEW_SECONDS, isMeantFor, missingScopes, requireAccessToken, type TokenScope, tokenScope } from '../../core/token-audience';

/** Verifies access tokens. A token that was verified once is known by its digest until it expires. */
export interface TokenVerifier {
  /**
   * @param server that the token is shown to
   * @throws FleetError UNAUTHENTICATED for a token that is not one of ours, or not for this server; INSUFFICIENT_SCOPE;
   * AUTHORIZER_UNAVAILABLE when the issuer's keys cannot be had
   */
  verify(token: string, server: string): Promise<Agent>;
}

const REMEMBERED_TOKENS = 10_000;

/** What is remembered of a token. */
interface Known {
  readonly agent: Agent;
  readonly scope: TokenScope;
  /** Servers that it has been found to be meant for. */
  readonly servers: Set<string>;
  /** Seconds since the epoch. */
  readonly expiresAt: number;
}

export interface TokenVerifierParts {
  readonly identity: IdentityConfig;
  /** Whether it is one of the fleet's. */
  readonly isServer: (name: string) => boolean;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly log: Logger;
}

export function createTokenVerifier({ identity, isServer, now, log }: TokenVerifierParts): TokenVerifier {
  const known = new Map<string, Known>();
  const keys = new IssuerKeys<Jwk>({
    fetch: () => fetchIssuerKeys(identity, fetchBytes),
    now,
    onWithdrawn: () => {
      known.clear();
      verifyAfresh = createVerify(identity, keys);
    },
    onFailure: ({ message }) => log.warn({ event: 'issuer_keys_unavailable', reason: message, issuer: identity.issuer }),
    asksAside: true,
  });
  let verifyAfresh = createVerify(identity, keys);

  const read = async (token: string): Promise<Known> => {
    const digest = hash('sha256', token, 'base64');
    await keys.keepFresh();
    const hit = known.get(digest);
    if (hit !== undefined && hit.expiresAt + CLOCK_SKEW_SECONDS > now() / 1000) return hit;
    known.delete(digest);

    const verify = verifyAfresh;
    const claims = await verify(token);
    const agent = { issuer: claims.iss, subject: claims.sub };
    const verified = { agent, scope: tokenScope({ ...claims }), servers: new Set<string>(), expiresAt: claims.exp };
    // A key that was withdrawn meanwhile may have been this token's.
    if (verify !== verifyAfresh) return verified;
    if (known.size >= REMEMBERED_TOKENS) known.delete(known.keys().next().value as string);
    known.set(digest, verified);
    return verified;
  };

  return {
    async verify(token, server) {
      const { agent, scope, servers } = await read(token);
      if (servers.has(server)) return agent;
      if (!isMeantFor(scope, identity, server)) throw new FleetError('UNAUTHENTICATED', { reason: FOR_ANOTHER_AUDIENCE });
      const [missing] = missingScopes(scope, identity);
      if (missing !== undefined)
        throw new FleetError('INSUFFICIENT_SCOPE', { reason: `the token has no scope ${JSON.stringify(missing)}` });
      // Names that are no server's are whatever a caller writes.
      if (isServer(server)) servers.add(server);
      return agent;
    },
  };
}

const FOR_ANOTHER_AUDIENCE = 'the token is meant for another audience';

/** Longest subject, in bytes of UTF-8: it stands in every row of its agent (OpenID Connect Core § 2 has issuers keep to 255). */
const SUBJECT_LIMIT_BYTES = 1_024;

/** Lone surrogates have no UTF-8: two subjects that have one would be one agent. */
function isSubject(subject: unknown): boolean {
  return typeof subject === 'string' && subject !== '' && subject.isWellFormed() && Buffer.byteLength(subject) <= SUBJECT_LIMIT_BYTES;
}

interface Claims {
  readonly iss: string;
  readonly sub: string;
  readonly exp: number;
}
type Verify = (token: string) => Promise<Claims>;

/** The verifier keeps what it has made of a key by `kid`: it is made anew when keys are withdrawn. */
function createVerify(identity: IdentityConfig, keys: IssuerKeys<Jwk>): Verify {
  const verifier = JwtVerifier.create(
    {
      issuer: identity.issuer,
      // Weakening a check must be spelled out: whom a token is for depends on the server that it is shown to (isMeantFor).
      audience: null,
      // Asked by nobody: the cache below finds the keys.
      jwksUri: identity.jwksUri ?? identity.issuer,
      graceSeconds: CLOCK_SKEW_SECONDS,
      customJwtCheck: ({ header, payload }) => {
        requireAccessToken(header);
        if (!isSubject(payload.sub)) throw new Error('the token has no "sub" that can name an agent');
        if (typeof payload.exp !== 'number') throw new Error('the token has no "exp"');
      },
    },
    { jwksCache: jwksCacheOf(keys) },
  );
  return async (token) => {
    try {
      return (await verifier.verify(token)) as unknown as Claims;
    } catch (error) {
      throw FleetError.is(error) ? error : new FleetError('UNAUTHENTICATED', { reason: describe(error) });
    }
  };
}

/** Says which assertion failed in the verifier's own words, which name claims but never the token. */
function describe(error: unknown): string {
  const name = error instanceof Error ? error.constructor.name : '';
  if (name === 'JwtExpiredError') return 'the token has expired';
  if (name === 'JwtInvalidIssuerError') return 'the token comes from another issuer';
  if (name === 'JwtInvalidSignatureError') return "the token's signature is not valid";
  return 'the token is not a valid access token of this issuer';
}

/** Largest answer of an issuer, in bytes; a JWKS has a few thousand. */
const ANSWER_LIMIT_BYTES = 1024 * 1024;

async function fetchBytes(url: string): Promise<Uint8Array> {
  const { protocol, hostname } = new URL(url);
  const loopback = hostname === '127.0.0.1' || hostname === 'localhost' || hostname === '[::1]';
  if (protocol !== 'https:' && !loopback) throw new Error(`${url} is not https`);
  const response = await fetch(url, { redirect: 'error', signal: AbortSignal.timeout(5_000) }).catch(() => {
    throw new Error(`${url} cannot be reached`);
  });
  if (!response.ok) {
    await response.body?.cancel();
    throw new Error(`${url} answers ${response.status}`);
  }
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const chunk of response.body ?? []) {
      size += chunk.length;
      if (size > ANSWER_LIMIT_BYTES) break;
      chunks.push(chunk);
    }
  } catch {
    throw new Error(`${url} breaks off`);
  }
  if (size > ANSWER_LIMIT_BYTES) throw new Error(`${url} answers more than ${ANSWER_LIMIT_BYTES} bytes`);
  return Buffer.concat(chunks);
}
