import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** How long after the beginning of an answer its connection is cut, in milliseconds; sooner where its result comes sooner. */
const CUT_AFTER_MS = 200;

/** The TCP way that a client takes to its server: passes bytes, and breaks when told to. */
export class Front {
  private readonly clients = new Set<Socket>();
  private marked: string | undefined;

  private constructor(
    private readonly server: Server,
    private readonly port: () => number,
  ) {}

  /** @param port of loopback where connections go */
  static async start(port: () => number): Promise<Front> {
    const server = createServer((client) => front.pass(client));
    const front = new Front(server, port);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return front;
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Cuts the connection of the next request that says this, once its answer has begun and before its result is through. */
  cutAnswerTo(mark: string): void {
    this.marked = mark;
  }

  /** Resets every connection that there is, as the death of what stands in front does; new ones are taken. */
  resetAll(): void {
    for (const client of this.clients) client.resetAndDestroy();
  }

  stop(): void {
    this.server.close();
    for (const client of this.clients) client.destroy();
  }

  private pass(client: Socket): void {
    const upstream = connect(this.port(), '127.0.0.1');
    this.clients.add(client);
    client
      .on('error', () => undefined)
      .on('close', () => {
        this.clients.delete(client);
        upstream.destroy();
      });
    upstream.on('error', () => client.resetAndDestroy()).on('end', () => client.end());
    client.on('end', () => upstream.end());

    let cut: { readonly mark: string; timer?: NodeJS.Timeout } | undefined;
    client.on('data', (chunk) => {
      if (this.marked !== undefined && chunk.includes(this.marked)) {
        cut = { mark: this.marked };
        this.marked = undefined;
      }
      upstream.write(chunk);
    });
    upstream.on('data', (chunk) => {
      const result = cut === undefined ? -1 : chunk.indexOf(cut.mark);
      if (cut === undefined || result < 0) {
        client.write(chunk);
        if (cut !== undefined) cut.timer ??= setTimeout(() => client.resetAndDestroy(), CUT_AFTER_MS);
        return;
      }
      clearTimeout(cut.timer);
      client.write(chunk.subarray(0, result), () => client.resetAndDestroy());
    });
  }
}
