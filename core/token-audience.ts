import type { IdentityConfig } from './fleet-config';

/** Clocks of issuer and verifier may differ by so many seconds (RFC 7519 §4.1.4 allows for "some small leeway"). */
export const CLOCK_SKEW_SECONDS = 30;

/** The claims by which a verified token says whom it is for and what it may do. */
export interface TokenScope {
  /** `aud`: one or several. */
  readonly audiences: readonly string[];
  /** `client_id`; absent where the token has none. */
  readonly client?: string;
  /** `scope`, taken apart (RFC 8693 §4.2). */
  readonly scopes: readonly string[];
}

/** What a verified payload says of it. A claim of another type than the RFC's says nothing. */
export function tokenScope({ aud, client_id, scope }: Readonly<Record<string, unknown>>): TokenScope {
  const audiences = (Array.isArray(aud) ? aud : [aud]).filter((one): one is string => typeof one === 'string');
  const scopes = typeof scope === 'string' ? scope.split(' ').filter((one) => one !== '') : [];
  return { audiences, scopes, ...(typeof client_id === 'string' && { client: client_id }) };
}

/** URL of a server's endpoint, by which clients ask for a token of its own (RFC 8707 §2, MCP § Resource Parameter). */
export function serverResource(baseUrl: string, server: string): string {
  return `${baseUrl}/${server}/mcp`;
}

/**
 * Whether a token is meant for a server: it names what the operator has stated, or, where the fleet knows its own URL, this server's
 * endpoint. By a token of one server's nobody comes to another one. Where clients are stated (Cognito), the token must be one of
 * theirs; an `aud` that it has beside that must name this server, or the client once more.
 */
export function isMeantFor(scope: TokenScope, identity: IdentityConfig, server: string): boolean {
  const own = identity.baseUrl === undefined ? [] : [serverResource(identity.baseUrl, server)];
  if (identity.audienceClaim === 'aud') return namesOne(scope.audiences, [...identity.audience, ...own]);
  if (scope.client === undefined || !identity.audience.includes(scope.client)) return false;
  return scope.audiences.length === 0 || namesOne(scope.audiences, [...own, scope.client]);
}

/** Scopes that are required and that the token does not have. */
export function missingScopes({ scopes }: TokenScope, { requiredScopes = [] }: IdentityConfig): readonly string[] {
  return requiredScopes.filter((scope) => !scopes.includes(scope));
}

function namesOne(said: readonly string[], accepted: readonly string[]): boolean {
  return said.some((audience) => accepted.some((one) => audience === one || isOneWithSlash(audience, one)));
}

/**
 * Clients that make a URL of what they are told add a slash to one without a path, as the WHATWG's URL does; one at the end of an
 * endpoint is served as if it were not there.
 */
function isOneWithSlash(audience: string, accepted: string): boolean {
  return audience === `${accepted}/` && /^https?:\/\/[^/]+(\/[^/]+\/mcp)?$/.test(accepted);
}

/** Types that access tokens have: none, the general one, or their own (RFC 9068 §2.1); an ID or logout token of another type is none. */
const ACCESS_TOKEN_TYPE = /^(?:(?:application\/)?at\+)?jwt$/i;

/**
 * What a verifier of signatures does not look at.
 * @throws Error for extensions that must be understood (RFC 7515 §4.1.11), and for a token of another type
 */
export function requireAccessToken(header: object): void {
  if ('crit' in header) throw new Error('the token has extensions that must be understood');
  const { typ } = header as { readonly typ?: unknown };
  if (typ !== undefined && !ACCESS_TOKEN_TYPE.test(String(typ))) throw new Error('the token is none for access');
}
