import { createServer, type RequestListener, type Server, type ServerOptions } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';

/** PEM texts. */
interface Certificate {
  readonly key: string;
  readonly cert: string;
}

/** Starts an HTTP server on loopback; port 0 takes a free one. @param certificate with one, it speaks TLS */
export function listenOnLoopback(
  handler: RequestListener,
  port = 0,
  options: ServerOptions = {},
  certificate?: Certificate,
): Promise<Server> {
  return new Promise((done, fail) => {
    const server = certificate ? createTlsServer({ ...options, ...certificate }, handler) : createServer(options, handler);
    server.once('error', fail);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', fail);
      done(server);
    });
  });
}

/**
 * Refuses requests that name another host: a web page can make a name of its own point at this machine (DNS rebinding),
 * and must not read the account's secrets through the user's browser.
 */
export function forThisHost(handler: RequestListener): RequestListener {
  return (request, response) => {
    const host = request.headers.host?.replace(/:\d+$/, '');
    // Below localhost nobody has names (RFC 6761): an S3 client puts the bucket there.
    if (host === '127.0.0.1' || /^(?:[a-z0-9.-]+\.)?localhost$/.test(host ?? '')) return handler(request, response);
    response.writeHead(403, { 'content-type': 'text/plain' }).end('Only this machine may ask.');
  };
}

export function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

/** Closes a server and cuts the connections that are left. */
export function closeServer(server: Server): Promise<void> {
  return new Promise((done) => {
    server.close(() => done());
    server.closeAllConnections();
  });
}
