import { once } from 'node:events';
import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';

/** An endpoint on loopback that says no more than a test wants, on real sockets. */
export interface Endpoint {
  readonly url: string;
  /** Connections that were ever opened to it. */
  opened: number;
  /** Most that were open at once. */
  most: number;
  /** Times that bytes of a request came. */
  reached: number;
  close(): Promise<void>;
}

/** Accepts and never answers. */
export const startSilent = (): Promise<Endpoint> => startTcp(() => undefined);

/** Breaks the connection as soon as a request comes. */
export const startResetting = (): Promise<Endpoint> => startTcp((socket) => socket.resetAndDestroy());

/** Answers with a head at once, and then with one byte every few milliseconds, for ever. */
export function startTrickling(): Promise<Endpoint> {
  return startTcp((socket) => {
    socket.write('HTTP/1.1 200 OK\r\ncontent-type: application/x-amz-json-1.0\r\ncontent-length: 100000\r\n\r\n{');
    const timer = setInterval(() => socket.write(' '), 5);
    socket.on('close', () => clearInterval(timer));
  });
}

/** Answers as it is told. */
export function startAnswering(listener: RequestListener): Promise<Endpoint> {
  return watch(createHttpServer(listener), (endpoint, server) => server.on('request', () => endpoint.reached++));
}

/** An address to which nobody listens. */
export async function closedPort(): Promise<string> {
  const endpoint = await startSilent();
  await endpoint.close();
  return endpoint.url;
}

function startTcp(onBytes: (socket: Socket) => void): Promise<Endpoint> {
  return watch(createServer(), (endpoint, server) =>
    server.on('connection', (socket: Socket) => {
      socket.once('data', () => {
        endpoint.reached++;
        onBytes(socket);
      });
    }),
  );
}

async function watch(server: Server, count: (endpoint: Endpoint, server: Server) => void): Promise<Endpoint> {
  const sockets = new Set<Socket>();
  const close = async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, 'close');
  };
  const endpoint: Endpoint & { url: string } = { url: '', opened: 0, most: 0, reached: 0, close };
  server.on('connection', (socket: Socket) => {
    endpoint.opened++;
    sockets.add(socket);
    endpoint.most = Math.max(endpoint.most, sockets.size);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
  });
  count(endpoint, server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  endpoint.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return endpoint;
}
