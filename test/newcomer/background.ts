import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Attempt } from '../suites/program';

/** How long a program may take until it shows what is waited for, in milliseconds. */
const PATIENCE_MS = 120_000;

/** Another terminal, in which a program stays up. */
export class Background {
  private child: ChildProcess | undefined;

  constructor(
    private readonly folder: string,
    private readonly environment: NodeJS.ProcessEnv,
  ) {}

  /** Starts a program and waits until it shows what is looked for, or ends. */
  async start(command: string, shows: RegExp, interrupted: AbortSignal): Promise<Attempt> {
    // A group of its own, as a terminal gives it: Ctrl-C reaches npm and what npm has started.
    const child = spawn('/bin/sh', ['-c', command], {
      cwd: this.folder,
      env: this.environment,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.child = child;
    let output = '';
    const shown = new Promise<void>((resolve) => {
      for (const stream of [child.stdout, child.stderr]) {
        stream.on('data', (chunk: Buffer) => {
          output += chunk;
          if (shows.test(output)) resolve();
        });
      }
    });
    const patience = AbortSignal.any([interrupted, AbortSignal.timeout(PATIENCE_MS)]);
    const late = once(patience, 'abort');
    await Promise.race([shown, once(child, 'exit'), late]);
    return { code: child.exitCode, output };
  }

  /** Ctrl-C, and the end of it. */
  async stop(): Promise<void> {
    const { child } = this;
    if (child?.pid === undefined || child.exitCode !== null) return;
    const ended = once(child, 'exit');
    process.kill(-child.pid, 'SIGINT');
    await ended;
  }
}
