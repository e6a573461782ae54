import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface CuttingProxy {
  readonly url: string;
  /** How many answers have been cut. */
  cuts: number;
  close(): void;
}

/**
 * A TCP proxy that cuts the connection of one request in its answer.
 * @param targets where connections go: the first one until the cut, the second one after it
 * @param matches the request that is cut
 * @param mark what the answer must have said
 * @param bytes how many bytes behind the mark still pass
 */
export async function startCuttingProxy(targets: [string, string], matches: RegExp, mark: string, bytes: number): Promise<CuttingProxy> {
  const sockets = new Set<Socket>();
  const proxy = { url: '', cuts: 0, close: () => undefined } as CuttingProxy;
  const server = createServer((client) => {
    const target = new URL(proxy.cuts === 0 ? targets[0] : targets[1]);
    const upstream = connect(Number(target.port), target.hostname);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    }
    let answer: string | undefined;
    client.on('data', (chunk) => {
      if (proxy.cuts === 0 && matches.test(chunk.toString('latin1'))) answer = '';
      upstream.write(chunk);
    });
    upstream.on('data', (chunk) => {
      const before = answer?.length ?? 0;
      answer = answer === undefined ? undefined : answer + chunk.toString('latin1');
      const end = answer?.includes(mark) ? answer.indexOf(mark) + mark.length + bytes : Number.POSITIVE_INFINITY;
      if (before + chunk.length < end) {
        client.write(chunk);
        return;
      }
      proxy.cuts++;
      answer = undefined;
      client.write(chunk.subarray(0, end - before), () => {
        client.resetAndDestroy();
        upstream.destroy();
      });
    });
    client.on('end', () => upstream.end());
    upstream.on('end', () => client.end());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  (proxy as { url: string }).url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  proxy.close = () => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
  return proxy;
}
