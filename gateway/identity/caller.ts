import { type Agent, agentId } from '../../core/agent';
import { FleetError } from '../../core/errors';
import type { FleetConfig, IdentityConfig, ServerConfig } from '../../core/fleet-config';
import type { Identified } from '../call';
import { isAllowedOrigin } from '../http/cors';
import type { Exchange } from '../http/exchange';
import { bearerToken, checkFields } from '../http/request-head';
import type { TokenVerifier } from './tokens';

export interface CallerParts {
  readonly config: Pick<FleetConfig, 'allowedOrigins' | 'identity' | 'requestLimits' | 'servers'>;
  readonly tokens: TokenVerifier;
}

export type Caller = Pick<Identified, 'exchange' | 'agent' | 'agentId' | 'server' | 'serverConfig'>;

/** Who asks, and for which server. */
export async function identifyCaller(exchange: Exchange, { config, tokens }: CallerParts): Promise<Caller> {
  checkFields(exchange.request.rawHeaders);
  checkOrigin(exchange, config.allowedOrigins);
  const agent = await verifyToken(exchange, config.identity, tokens);
  const serverConfig = findServer(exchange.serverName, config.servers);
  return { exchange, agent, agentId: agentId(agent), server: exchange.serverName, serverConfig };
}

function checkOrigin(exchange: Exchange, allowed: readonly string[]): void {
  const origin = exchange.header('origin');
  if (origin !== undefined && !isAllowedOrigin(origin, exchange.header('host'), allowed)) {
    throw new FleetError('ORIGIN_DENIED', { reason: `${JSON.stringify(origin.slice(0, 200))} is not among the fleet's allowedOrigins` });
  }
}

async function verifyToken(exchange: Exchange, identity: IdentityConfig, tokens: TokenVerifier): Promise<Agent> {
  const token = bearerToken(exchange.header('authorization'));
  try {
    if (token === undefined) throw new FleetError('UNAUTHENTICATED', { reason: 'send "Authorization: Bearer <access token>"' });
    return await tokens.verify(token, exchange.serverName);
  } catch (error) {
    if (!FleetError.is(error) || (error.kind !== 'UNAUTHENTICATED' && error.kind !== 'INSUFFICIENT_SCOPE')) throw error;
    const why: Readonly<Record<string, string>> =
      token === undefined ? {} : { error: WORDS[error.kind], error_description: error.detail.reason };
    throw new FleetError(error.kind, { ...error.detail, headers: { 'www-authenticate': challenge(exchange, identity, why) } });
  }
}

/** RFC 6750 §3.1. */
const WORDS = { UNAUTHENTICATED: 'invalid_token', INSUFFICIENT_SCOPE: 'insufficient_scope' } as const;

/** RFC 6750 §3 challenge with the `resource_metadata` of RFC 9728 §5.1. */
function challenge({ baseUrl, serverName }: Exchange, identity: IdentityConfig, why: Readonly<Record<string, string>>): string {
  const { requiredScopes = [] } = identity;
  const parameters = {
    ...why,
    ...(requiredScopes.length > 0 && { scope: requiredScopes.join(' ') }),
    resource_metadata: `${identity.baseUrl ?? baseUrl}/.well-known/oauth-protected-resource/${serverName}/mcp`,
  };
  return `Bearer ${Object.entries(parameters)
    .map(([name, value]) => `${name}="${value.replaceAll(/["\\]/g, "'")}"`)
    .join(', ')}`;
}

function findServer(name: string, servers: Readonly<Record<string, ServerConfig>>): ServerConfig {
  const server = Object.hasOwn(servers, name) ? servers[name] : undefined;
  if (server === undefined) throw new FleetError('UNKNOWN_SERVER', { reason: `"${name.slice(0, 40)}" is not a server of this fleet` });
  return server;
}
