import { type Agent, agentId } from '../../core/agent';
import { FleetError } from '../../core/errors';
import type { FleetConfig, ServerConfig } from '../../core/fleet-config';
import type { Identified } from '../call';
import { isAllowedOrigin } from '../http/cors';
import type { Exchange } from '../http/exchange';
import { bearerToken, checkFields } from '../http/request-head';
import type { TokenVerifier } from './tokens';

export interface CallerParts {
  readonly config: Pick<FleetConfig, 'allowedOrigins' | 'servers'>;
  readonly tokens: TokenVerifier;
}

export type Caller = Pick<Identified, 'exchange' | 'agent' | 'agentId' | 'server' | 'serverConfig'>;

/** Who asks, and for which server. */
export async function identifyCaller(exchange: Exchange, { config, tokens }: CallerParts): Promise<Caller> {
  checkFields(exchange.request.rawHeaders);
  checkOrigin(exchange, config.allowedOrigins);
  const agent = await verifyToken(exchange, tokens);
  const serverConfig = findServer(exchange.serverName, config.servers);
  return { exchange, agent, agentId: agentId(agent), server: exchange.serverName, serverConfig };
}

function checkOrigin(exchange: Exchange, allowed: readonly string[]): void {
  const origin = exchange.header('origin');
  if (origin !== undefined && !isAllowedOrigin(origin, exchange.header('host'), allowed)) {
    throw new FleetError('ORIGIN_DENIED', { reason: `${JSON.stringify(origin.slice(0, 200))} is not among the fleet's allowedOrigins` });
  }
}

async function verifyToken(exchange: Exchange, tokens: TokenVerifier): Promise<Agent> {
  const token = bearerToken(exchange.header('authorization'));
  try {
    if (token === undefined) throw new FleetError('UNAUTHENTICATED', { reason: 'send "Authorization: Bearer <access token>"' });
    return await tokens.verify(token);
  } catch (error) {
    if (!FleetError.is(error) || error.kind !== 'UNAUTHENTICATED') throw error;
    throw new FleetError('UNAUTHENTICATED', {
      ...error.detail,
      headers: { 'www-authenticate': challenge(exchange, token === undefined ? undefined : 'invalid_token') },
    });
  }
}

/** RFC 6750 §3 challenge with the `resource_metadata` of RFC 9728 §5.1. */
function challenge(exchange: Exchange, error: string | undefined): string {
  const metadata = `${exchange.baseUrl}/.well-known/oauth-protected-resource/${exchange.serverName}/mcp`;
  return `Bearer ${error === undefined ? '' : `error="${error}", `}resource_metadata="${metadata}"`;
}

function findServer(name: string, servers: Readonly<Record<string, ServerConfig>>): ServerConfig {
  const server = Object.hasOwn(servers, name) ? servers[name] : undefined;
  if (server === undefined) throw new FleetError('UNKNOWN_SERVER', { reason: `"${name.slice(0, 40)}" is not a server of this fleet` });
  return server;
}
