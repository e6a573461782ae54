import { connect, type Socket } from 'node:net';
import { REVISION } from '../calls';
import type { Session } from './sessions';

const AT_ONCE = 50;
const FIRST_MS = 10_000;

/** Streams by which sessions listen for what their server says of itself: held open, and nothing comes on them. */
export class IdleStreams {
  private readonly sockets: Socket[] = [];

  constructor(private readonly port: number) {}

  /** @throws Error with an answer that begins no stream */
  async open(sessions: readonly Session[], headers: readonly Readonly<Record<string, string>>[]): Promise<void> {
    let next = 0;
    const openers = Array.from({ length: AT_ONCE }, async () => {
      while (next < sessions.length) {
        const number = next++;
        const own = headers[number % headers.length] ?? {};
        const { id, path } = sessions[number] as Session;
        await this.openOne(path, { ...own, 'mcp-session-id': id, 'mcp-protocol-version': REVISION });
      }
    });
    await Promise.all(openers);
  }

  close(): void {
    for (const socket of this.sockets.splice(0)) socket.destroy();
  }

  /** Resolves when the stream has begun. */
  private openOne(path: string, headers: Readonly<Record<string, string>>): Promise<void> {
    const lines = Object.entries({ host: '127.0.0.1', accept: 'text/event-stream', ...headers }).map(
      ([name, value]) => `${name}: ${value}\r\n`,
    );
    const socket = connect({ host: '127.0.0.1', port: this.port });
    this.sockets.push(socket);
    socket.write(`GET ${path} HTTP/1.1\r\n${lines.join('')}\r\n`);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`no stream began within ${FIRST_MS / 1000} s`)), FIRST_MS);
      socket.once('error', reject);
      socket.once('data', (chunk) => {
        clearTimeout(timer);
        const head = chunk.toString('latin1');
        if (/^HTTP\/1.1 200 [\s\S]*text\/event-stream/i.test(head)) resolve();
        else reject(new Error(`no stream began: ${head.slice(0, 600)}`));
      });
    });
  }
}
