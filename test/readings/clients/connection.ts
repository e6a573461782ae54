import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** One HTTP answer as it came. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Buffer;
  /** `whole`; `open` where it was left before its end; `cut` where the connection broke within it; `none` where nothing came. */
  readonly end: 'whole' | 'open' | 'cut' | 'none';
}

export const NO_ANSWER: HttpAnswer = { status: 0, headers: [], body: Buffer.alloc(0), end: 'none' };

/** How an answer is read. */
export interface ReadingOptions {
  /** Milliseconds until it is given up. */
  readonly patienceMs: number;
  /** Leaves a stream that says so before it has ended. */
  readonly enough?: (body: Buffer) => boolean;
  readonly head?: boolean;
}

const TRIES = 40;
const TRY_AGAIN_MS = 100;

/** A connection on which bytes are written as they are. HTTP/1.1 with keep-alive, read by RFC 9112 § 6.3. */
export class Connection {
  private received = Buffer.alloc(0);
  private ended = false;
  private wake: () => void = () => undefined;

  private constructor(private readonly socket: Socket) {
    socket.setNoDelay(true);
    socket.on('data', (chunk) => {
      this.received = this.received.length === 0 ? chunk : Buffer.concat([this.received, chunk]);
      this.wake();
    });
    const over = () => {
      this.ended = true;
      this.wake();
    };
    socket.on('error', over).once('close', over).once('end', over);
  }

  /** @throws Error when nobody takes it; a program that is being started again is waited for */
  static async open(url: string): Promise<Connection> {
    const { hostname, port } = new URL(url);
    for (let tries = 1; ; tries++) {
      const socket = connect({ host: hostname, port: Number(port) });
      try {
        await once(socket, 'connect');
        return new Connection(socket);
      } catch (error) {
        if (tries === TRIES) throw error;
        await sleep(TRY_AGAIN_MS);
      }
    }
  }

  /** Whether another request may be sent here. */
  get usable(): boolean {
    return !this.ended && !this.socket.destroyed;
  }

  /** Hands the pieces to the network one by one; who is written to may leave them unread. */
  async write(pieces: readonly Buffer[]): Promise<void> {
    for (const piece of pieces) {
      if (!this.usable) return;
      this.socket.write(piece);
      if (pieces.length > 1) await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** No more will be written. */
  finishWriting(): void {
    this.socket.end();
  }

  close(): void {
    this.socket.destroy();
  }

  /** The next answer; interim ones (1xx) are passed over. */
  async read({ patienceMs, enough = () => false }: ReadingOptions): Promise<HttpAnswer> {
    const deadline = Date.now() + patienceMs;
    for (;;) {
      const head = await this.head(deadline);
      if (head === undefined) return NO_ANSWER;
      if (head.status >= 200) return { ...head, ...(await this.body(head, deadline, enough)) };
    }
  }

  /** What has come and belongs to no answer. */
  get left(): Buffer {
    return this.received;
  }

  private async head(deadline: number): Promise<Pick<HttpAnswer, 'status' | 'headers'> | undefined> {
    const end = await this.find('\r\n\r\n', deadline);
    if (end === undefined) return undefined;
    const [first = '', ...lines] = this.take(end).toString('latin1').split('\r\n');
    this.take(4);
    const headers = lines.map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const;
    });
    return { status: Number(first.split(' ')[1]), headers };
  }

  private async body(
    { status, headers }: Pick<HttpAnswer, 'status' | 'headers'>,
    deadline: number,
    enough: (body: Buffer) => boolean,
  ): Promise<Pick<HttpAnswer, 'body' | 'end'>> {
    const value = (name: string) => headers.find(([other]) => other === name)?.[1];
    if (status === 204 || status === 304) return { body: Buffer.alloc(0), end: 'whole' };
    if (value('transfer-encoding')?.toLowerCase() === 'chunked') return this.chunks(deadline, enough);
    const length = value('content-length');
    if (length === undefined) return this.untilEnd(deadline, enough);
    const there = await this.until(() => this.received.length >= Number(length), deadline);
    return { body: this.take(Number(length)), end: there ? 'whole' : 'cut' };
  }

  private async chunks(deadline: number, enough: (body: Buffer) => boolean): Promise<Pick<HttpAnswer, 'body' | 'end'>> {
    const parts: Buffer[] = [];
    const body = () => Buffer.concat(parts);
    for (;;) {
      const line = await this.find('\r\n', deadline, () => parts.length > 0 && enough(body()));
      if (line === undefined) return { body: body(), end: this.ended ? 'cut' : 'open' };
      const size = Number.parseInt(this.take(line).toString('latin1'), 16);
      this.take(2);
      if (!(await this.until(() => this.received.length >= size + 2, deadline))) return { body: body(), end: 'cut' };
      parts.push(this.take(size));
      this.take(2);
      if (size === 0) return { body: body(), end: 'whole' };
    }
  }

  private async untilEnd(deadline: number, enough: (body: Buffer) => boolean): Promise<Pick<HttpAnswer, 'body' | 'end'>> {
    await this.until(() => enough(this.received), deadline);
    return { body: this.take(this.received.length), end: this.ended ? 'whole' : 'open' };
  }

  /** Where a text begins; undefined when the connection ends, or there is enough, before it comes. */
  private async find(text: string, deadline: number, enough: () => boolean = () => false): Promise<number | undefined> {
    await this.until(() => this.received.includes(text) || enough(), deadline);
    const at = this.received.indexOf(text);
    return at < 0 ? undefined : at;
  }

  /** Whether it came to hold. */
  private async until(holds: () => boolean, deadline: number): Promise<boolean> {
    while (!holds()) {
      const left = deadline - Date.now();
      if (this.ended || left <= 0) return false;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    return true;
  }

  private take(bytes: number): Buffer {
    const taken = this.received.subarray(0, bytes);
    this.received = this.received.subarray(taken.length);
    return taken;
  }
}
