import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { FleetConfig, IdentityConfig } from '../../core/fleet-config';
import { doorLimits } from '../../core/request-limits';
import type { TargetCertificate } from '../../core/target-certificate';
import { serverResource } from '../../core/token-audience';
import type { OwnFault } from '../aws/own-fault';
import { type PipelineParts, serve } from '../pipeline';
import { type CallOutcomeParts, serveCallOutcome } from './call-outcome';
import { answerCors } from './cors';
import { Exchange } from './exchange';
import type { Patience } from './patience';
import type { Running } from './running';

/** Idle connections outlive the load balancer's idle timeout, or it would reuse one that we are closing (502). */
const KEEP_ALIVE_MS = 4_010_000;

/** With or without a slash at its end: clients add one. */
const MCP_PATH = /^\/([^/?]+)\/mcp\/?(?:\?|$)/;
/** The key is percent-encoded (RFC 3986 §2.1), so that any key is one segment. */
const CALL_PATH = /^\/([^/?]+)\/calls\/([^/?]+)(?:\?|$)/;
const METADATA_PATH = /^\/\.well-known\/oauth-protected-resource\/([^/?]+)\/mcp\/?(?:\?|$)/;

/** What is said of the fleet without a token. */
interface PublicParts {
  readonly config: Pick<FleetConfig, 'identity' | 'servers' | 'stage' | 'requestLimits'>;
  /** Name of this replica in ledger rows and logs. */
  readonly replica: string;
  readonly health: { readonly fault: OwnFault | undefined };
}

export type ServerParts = PipelineParts & CallOutcomeParts & PublicParts & { readonly patience: Patience; readonly running: Running };

/**
 * The gateway's HTTP surface: health, protected resource metadata, the endpoint of each server, and the outcomes of its calls.
 * @param certificate with which it speaks TLS; plain HTTP without one
 */
export function createGatewayServer(parts: ServerParts, certificate?: TargetCertificate): Server {
  const limits = doorLimits(parts.config.requestLimits);
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    const path = pathOf(request, parts.config);
    if (answerCors(request, response, parts.config.allowedOrigins)) return;
    const [, name, key] = MCP_PATH.exec(path) ?? CALL_PATH.exec(path) ?? [];
    if (name === undefined) {
      answerOther(path, request, response, parts);
      return;
    }
    const exchange = Exchange.of(request, response, name, parts.now(), parts.patience.heartbeatMs);
    if (key === undefined) parts.running.track(serve(exchange, parts));
    else void serveCallOutcome(exchange, key, parts);
  };
  const server = certificate === undefined ? createServer(limits, answer) : createTlsServer({ ...limits, ...certificate }, answer);
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  return server;
}

/** Without the stage of the API that it came by: no server has such a name. */
function pathOf({ url = '/' }: IncomingMessage, { stage }: PublicParts['config']): string {
  return stage !== undefined && url.startsWith(`/${stage}/`) ? url.slice(stage.length + 1) : url;
}

function answerOther(path: string, request: IncomingMessage, response: ServerResponse, { config, replica, health }: PublicParts): void {
  const server = METADATA_PATH.exec(path)?.[1];
  if (path === '/healthz') {
    answerHealth(response, replica, health.fault);
  } else if (server !== undefined && Object.hasOwn(config.servers, server)) {
    answerJson(response, 200, resourceMetadata(server, request, config.identity));
  } else {
    answerJson(response, 404, { error: 'not_found', message: 'The MCP endpoint of a server is /{server}/mcp' });
  }
}

/** For the balancer and for ECS: 503 only for a fault of this replica's own, so that a general outage takes none away. */
function answerHealth(response: ServerResponse, replica: string, fault: OwnFault | undefined): void {
  if (fault === undefined) answerJson(response, 200, { status: 'ok', replica });
  else answerJson(response, 503, { status: 'unhealthy', replica, fault });
}

/** Protected resource metadata (RFC 9728 §2). */
function resourceMetadata(server: string, request: IncomingMessage, { issuer, baseUrl, requiredScopes = [] }: IdentityConfig): object {
  const scheme = request.headers['x-forwarded-proto'] === 'https' ? 'https' : 'http';
  return {
    resource: serverResource(baseUrl ?? `${scheme}://${request.headers.host}`, server),
    authorization_servers: [issuer],
    ...(requiredScopes.length > 0 && { scopes_supported: requiredScopes }),
    bearer_methods_supported: ['header'],
  };
}

function answerJson(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}
