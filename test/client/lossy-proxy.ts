import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** What becomes of one `tools/call` on its way: cut before it is forwarded, or after that many bytes of its answer. */
export type Fate = 'passes' | 'not_forwarded' | number;

export interface LossyProxy {
  readonly url: string;
  /** Decides on each tool call that comes by, repeated ones too. */
  fate: () => Fate;
  cuts: number;
  close(): void;
}

/** A TCP proxy that cuts connections of tool calls as it is told. */
export async function startLossyProxy(target: string): Promise<LossyProxy> {
  const sockets = new Set<Socket>();
  const { port, hostname } = new URL(target);
  const server = createServer((client) => {
    const upstream = connect(Number(port), hostname);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    }
    const cut = (): void => {
      proxy.cuts++;
      client.resetAndDestroy();
      upstream.destroy();
    };
    let left = Number.POSITIVE_INFINITY;
    client.on('data', (chunk) => {
      if (chunk.includes('"method":"tools/call"') && !chunk.includes('probe')) {
        const fate = proxy.fate();
        if (fate === 'not_forwarded') return cut();
        left = fate === 'passes' ? Number.POSITIVE_INFINITY : fate;
      }
      upstream.write(chunk);
      if (left === 0) setTimeout(cut, 5); // what was written leaves first
    });
    upstream.on('data', (chunk) => {
      if (chunk.length < left) {
        left -= chunk.length;
        client.write(chunk);
      } else if (left > 0) client.write(chunk.subarray(0, left), cut);
    });
    client.on('close', () => upstream.end());
    upstream.on('close', () => client.end());
  });
  const proxy: LossyProxy = {
    url: '',
    cuts: 0,
    fate: () => 'passes',
    close: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return Object.assign(proxy, { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
}
