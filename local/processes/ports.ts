import { createServer } from 'node:net';
import { LocalAccountError } from '../account-error';

/** Below the ephemeral ranges of Linux (32768) and macOS (49152), so that no outgoing connection takes a port before its program binds it. */
const FIRST = 20_000;
const LAST = 31_999;

/** Hands out loopback ports that are free now and that it has not handed out before. */
export class Ports {
  private readonly taken = new Set<number>();
  private next = FIRST + Math.floor(Math.random() * (LAST - FIRST));

  async take(): Promise<number> {
    for (let tried = FIRST; tried <= LAST; tried++) {
      const port = this.next;
      this.next = port === LAST ? FIRST : port + 1;
      if (this.taken.has(port) || !(await isFree(port))) continue;
      this.taken.add(port);
      return port;
    }
    throw new Error(`No free port on 127.0.0.1 from ${FIRST} to ${LAST}.`);
  }

  release(port: number): void {
    this.taken.delete(port);
  }
}

/**
 * Says early what would fail late.
 * @param accounts that run in this folder
 * @throws LocalAccountError PORT_TAKEN; port 0 is always free
 */
export async function requireFreePort(
  port: number,
  accounts: readonly { readonly pid: number; readonly baseUrl: string }[],
): Promise<void> {
  if (port === 0 || (await isFree(port))) return;
  const ours = accounts.find(({ baseUrl }) => URL.canParse(baseUrl) && new URL(baseUrl).port === String(port));
  if (ours === undefined) throw portTaken(port);
  const message = `Port ${port} on 127.0.0.1 is taken by the local account of this folder, pid ${ours.pid}. Stop it, or start a second one with --port 0.`;
  throw new LocalAccountError('PORT_TAKEN', message);
}

export function portTaken(port: number, cause?: unknown): LocalAccountError {
  const message = `Port ${port} on 127.0.0.1 is taken by another program. Choose another port, or 0 for any free one.`;
  return new LocalAccountError('PORT_TAKEN', message, { cause });
}

function isFree(port: number): Promise<boolean> {
  return new Promise((done) => {
    const probe = createServer();
    probe.once('error', () => done(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => done(true)));
  });
}
