import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';

/** A server with a certificate of its own for 127.0.0.1. */
export interface TlsServer {
  readonly url: string;
  /** PEM text of what its certificate is trusted by. */
  readonly authorities: string;
  /** Connections that have shaken hands and stand, the oldest first. */
  readonly connections: TLSSocket[];
  readonly server: Server;
  stop(): void;
}

export async function startTlsServer(listener: RequestListener): Promise<TlsServer> {
  const folder = mkdtempSync(join(tmpdir(), 'tls-server-'));
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const made = 'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=private -addext subjectAltName=IP:127.0.0.1';
  execFileSync('openssl', [...made.split(' '), '-keyout', key, '-out', cert], { stdio: 'ignore' });
  const authorities = readFileSync(cert, 'utf8');
  const server = createServer({ key: readFileSync(key), cert: authorities }, listener);
  rmSync(folder, { recursive: true });
  const connections: TLSSocket[] = [];
  server.on('secureConnection', (socket) => {
    connections.push(socket);
    socket.on('error', () => undefined).once('close', () => connections.splice(connections.indexOf(socket), 1));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `https://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`,
    authorities,
    connections,
    server,
    stop: () => {
      server.closeAllConnections();
      for (const socket of connections) socket.destroy();
      server.close();
    },
  };
}
