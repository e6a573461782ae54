import { hash } from 'node:crypto';

/**
 * An authenticated principal. Bound to issuer and subject, never to the bytes of a token,
 * so that a refreshed token is still the same agent.
 */
export interface Agent {
  /** `iss` of the access token (RFC 7519 §4.1.1), an absolute URL. */
  readonly issuer: string;
  /** `sub` of the access token (RFC 7519 §4.1.2); any characters, up to 1 KB. */
  readonly subject: string;
}

/**
 * The name of an agent in keys: 32 URL-safe characters (192 bits of SHA-256).
 * A digest, because a subject may hold `#`, `/`, NUL or 1 KB of text, and DynamoDB keys are joined with `#`.
 * An issuer is a URL and so never holds the NUL that separates the two.
 */
export function agentId(agent: Agent): string {
  const known = ids.get(agent) ?? hash('sha256', `${agent.issuer}\0${agent.subject}`, 'base64url').slice(0, 32);
  ids.set(agent, known);
  return known;
}

/** Of those who come with each of their requests. */
const ids = new WeakMap<Agent, string>();
