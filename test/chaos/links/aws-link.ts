import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { Pool } from 'undici';

/** One request of an AWS API. */
export interface AwsRequest {
  /** `DynamoDB_20120810.PutItem`; empty where the API has none. */
  readonly target: string;
  readonly path: string;
  readonly body: string;
}

/** What becomes of a request: its connection is reset before or after it is done, or neither. */
export interface Passage {
  readonly before?: () => Promise<void>;
  readonly done: boolean;
  readonly after?: () => Promise<void>;
  readonly replied: boolean;
}

export const PASSES: Passage = { done: true, replied: true };

/** The way to an AWS endpoint, request by request. It can be dead for a while, or silent. */
export class AwsLink {
  private readonly target: Pool;
  private port = 0;
  private silence: Promise<unknown> = Promise.resolve();
  private down = false;

  private constructor(
    private readonly server: Server,
    target: string,
    private readonly treat: (request: AwsRequest) => Passage,
  ) {
    this.target = new Pool(target, { pipelining: 1 });
    server.keepAliveTimeout = 60_000;
  }

  static async start(target: string, treat: (request: AwsRequest) => Passage): Promise<AwsLink> {
    const server = createServer((request, response) => {
      // Whoever asks has left, or the endpoint has died meanwhile: neither is an event here.
      link.answer(request, response).catch(() => response.destroy());
    });
    const link = new AwsLink(server, target, treat);
    await link.listen();
    return link;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Resets all connections and refuses new ones. @returns whether it was up */
  kill(milliseconds: number): boolean {
    if (this.down) return false;
    this.down = true;
    this.server.close();
    this.server.closeAllConnections();
    setTimeout(() => void this.listen(), milliseconds);
    return true;
  }

  /** Takes requests and says nothing. */
  pause(milliseconds: number): boolean {
    this.silence = delay(milliseconds);
    return true;
  }

  async stop(): Promise<void> {
    this.down = true;
    this.server.close();
    this.server.closeAllConnections();
    await this.target.destroy();
  }

  private async listen(): Promise<void> {
    this.server.listen(this.port, '127.0.0.1');
    await once(this.server, 'listening');
    this.port = (this.server.address() as AddressInfo).port;
    this.down = false;
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readText(request);
    await this.silence;
    const { before, done, after, replied } = this.treat({
      target: String(request.headers['x-amz-target'] ?? ''),
      path: request.url ?? '/',
      body,
    });
    await before?.();
    if (!done) return void response.destroy();
    const { connection: _, 'transfer-encoding': __, ...headers } = request.headers;
    const { method = 'POST', url: path = '/' } = request;
    const reply = await this.target.request({ method: method as 'POST', path, headers, body });
    const text = Buffer.from(await reply.body.arrayBuffer());
    await after?.();
    if (!replied) return void response.destroy();
    const { connection: ___, 'transfer-encoding': ____, 'keep-alive': _____, ...passed } = reply.headers;
    response.writeHead(reply.statusCode, { ...passed, 'content-length': text.length }).end(text);
  }
}

async function readText(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
