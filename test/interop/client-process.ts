import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { InteropClient } from './clients';

/** An error as a client gave it to its agent. */
export interface ClientError {
  readonly name?: string;
  readonly message: string;
  readonly code?: number | string;
  readonly status?: number;
  readonly data?: unknown;
  readonly cause?: ClientError;
}

/** What became of one request to a client. */
export type Reply = { readonly result: unknown } | { readonly error: ClientError } | 'no answer';

/** Beyond what a client waits by itself, in milliseconds. */
const PATIENCE_MS = 3000;

/** A client in a process of its own. */
export class ClientProcess {
  private readonly waiting = new Map<number, (reply: Reply) => void>();
  private next = 1;

  private constructor(
    private readonly child: ChildProcess,
    private readonly timeoutMs: number,
  ) {
    child.on('message', ({ id, ...reply }: { id: number } & Exclude<Reply, string>) => this.waiting.get(id)?.(reply));
  }

  /**
   * @param folder where the drivers lie beside the packages
   * @param timeoutMs how long the client is told to wait for a call
   */
  static async start(client: InteropClient, folder: string, scratch: string, timeoutMs: number): Promise<ClientProcess> {
    const child = fork(join(folder, 'runner.mjs'), {
      execPath: client.node,
      execArgv: [],
      env: { PATH: process.env.PATH, HOME: scratch, SCRATCH: scratch, DRIVER: client.driver, CALL_TIMEOUT_MS: String(timeoutMs) },
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    const exit = once(child, 'exit').then(() => {
      throw new Error(`The driver ${client.driver} ended before it was ready.`);
    });
    await Promise.race([once(child, 'message'), exit]);
    exit.catch(() => undefined);
    return new ClientProcess(child, timeoutMs);
  }

  connect(url: string, headers: Readonly<Record<string, string>>): Promise<Reply> {
    return this.ask({ step: 'connect', url, headers });
  }

  call(tool: string, args: Readonly<Record<string, unknown>>): Promise<Reply> {
    return this.ask({ step: 'call', tool, args });
  }

  async close(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = once(this.child, 'exit');
    await this.ask({ step: 'close' }, 1000);
    if (this.child.connected) this.child.disconnect();
    const timer = setTimeout(() => this.child.kill('SIGKILL'), 1000);
    await ended;
    clearTimeout(timer);
  }

  private async ask(request: Record<string, unknown>, limitMs = this.timeoutMs + PATIENCE_MS): Promise<Reply> {
    const id = this.next++;
    if (!this.child.connected) return { error: { message: 'the client process has ended' } };
    return await new Promise((resolve) => {
      const timer = setTimeout(() => end('no answer'), limitMs);
      const exited = () => end({ error: { message: 'the client process has ended' } });
      const end = (reply: Reply) => {
        clearTimeout(timer);
        this.child.off('exit', exited);
        this.waiting.delete(id);
        resolve(reply);
      };
      this.child.once('exit', exited);
      this.waiting.set(id, end);
      this.child.send({ id, ...request });
    });
  }
}
