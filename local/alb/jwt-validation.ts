import type { IncomingMessage } from 'node:http';
import { createRemoteJWKSet, jwtVerify } from 'jose';

/** Of an action `jwt-validation` (ElasticLoadBalancingV2, JwtValidationActionConfig). */
export interface JwtValidationProperties {
  readonly Issuer: string;
  readonly JwksEndpoint: string;
  readonly AdditionalClaims?: readonly unknown[];
}

export type TokenCheck = (request: IncomingMessage) => Promise<boolean>;

/**
 * Whether a request has a token that a load balancer lets through: signed with RS256, of this issuer, and within its time; `exp` must be
 * there (Elastic Load Balancing, "Verify JWTs using an Application Load Balancer").
 */
export function tokenCheck(issuer: string, jwks: URL): TokenCheck {
  const keys = createRemoteJWKSet(jwks);
  return async ({ headers }) => {
    const token = /^Bearer +(\S+)$/i.exec(headers.authorization ?? '')?.[1] ?? '';
    const verified = jwtVerify(token, keys, { issuer, algorithms: ['RS256'], requiredClaims: ['exp'] });
    return await verified.then(
      () => true,
      () => false,
    );
  };
}
