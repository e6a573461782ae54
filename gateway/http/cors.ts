import type { IncomingMessage, ServerResponse } from 'node:http';

/** What a page may read of an answer besides its body; without these a browser client has no session and cannot log in. */
const EXPOSED_HEADERS = 'Mcp-Session-Id, MCP-Protocol-Version, WWW-Authenticate, Retry-After';
const ALLOWED_METHODS = 'GET, POST, DELETE, OPTIONS';
/** How long a browser may remember a preflight, in seconds: the most that Chromium accepts. */
const PREFLIGHT_SECONDS = 7_200;

const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])$/;

/**
 * Answers a browser's preflight, which carries no token, and lets pages of allowed origins read every other answer
 * (Fetch standard, CORS protocol).
 * @returns true when the request was a preflight and is answered
 */
export function answerCors(request: IncomingMessage, response: ServerResponse, allowed: readonly string[]): boolean {
  const { origin, host } = request.headers;
  const readable = origin !== undefined && isAllowedOrigin(origin, host, allowed);
  if (origin !== undefined) response.setHeader('vary', 'Origin');
  if (readable) {
    response.setHeader('access-control-allow-origin', origin);
    response.setHeader('access-control-expose-headers', EXPOSED_HEADERS);
  }
  if (request.method !== 'OPTIONS' || request.headers['access-control-request-method'] === undefined) return false;
  if (readable) {
    response.setHeader('access-control-allow-methods', ALLOWED_METHODS);
    response.setHeader('access-control-allow-headers', request.headers['access-control-request-headers'] ?? '');
    response.setHeader('access-control-max-age', PREFLIGHT_SECONDS);
  }
  response.writeHead(readable ? 204 : 403).end();
  return true;
}

/**
 * Whether pages of an origin may call: those that the fleet names, and on a developer's machine those of the machine
 * itself. A page elsewhere cannot reach the second case: its Host is never a loopback name.
 */
export function isAllowedOrigin(origin: string, host: string | undefined, allowed: readonly string[]): boolean {
  if (allowed.includes(origin)) return true;
  return LOOPBACK.test(hostname(origin)) && LOOPBACK.test(hostname(`http://${host}`));
}

function hostname(url: string): string {
  return URL.canParse(url) ? new URL(url).hostname : '';
}
