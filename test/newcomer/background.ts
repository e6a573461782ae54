import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { descendantsOf, leftAfter } from '../e2e/leftovers';
import type { Attempt } from '../suites/program';

/** How long a program may take until it shows what is waited for, in milliseconds. */
const PATIENCE_MS = 120_000;
/** How long it may take to end in order. */
const ENDING_MS = 30_000;

/** How a program has ended. */
export interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** What it had started, and left. */
  readonly left: readonly string[];
}

/** Whether Ctrl-C has ended it as it should: in order, and with everything that it had started. */
export function isClean({ code, signal, left }: Ending): boolean {
  return (code === 0 || code === 130 || signal === 'SIGINT') && left.length === 0;
}

/** Another terminal, in which a program stays up. */
export class Background {
  private child: ChildProcess | undefined;

  constructor(
    private readonly folder: string,
    private readonly environment: NodeJS.ProcessEnv,
  ) {}

  /** Starts a program and waits until it shows what is looked for, or ends. @param typed what is typed into it */
  async start(command: string, shows: RegExp, interrupted: AbortSignal, typed = ''): Promise<Attempt> {
    // A group of its own, as a terminal gives it: Ctrl-C reaches npm and what npm has started.
    const child = spawn('/bin/sh', ['-c', command], {
      cwd: this.folder,
      env: this.environment,
      detached: true,
      stdio: 'pipe',
    });
    this.child = child;
    child.stdin.on('error', () => undefined).write(typed);
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

  /** Ctrl-C, and the end of it. One that does not end is killed. */
  async stop(): Promise<Ending> {
    const { child } = this;
    if (child?.pid === undefined) return { code: null, signal: null, left: [] };
    const started = descendantsOf(child.pid);
    if (child.exitCode === null && child.signalCode === null) {
      const ended = once(child, 'exit');
      const group = -child.pid;
      process.kill(group, 'SIGINT');
      const killing = setTimeout(() => process.kill(group, 'SIGKILL'), ENDING_MS);
      await ended;
      clearTimeout(killing);
    }
    return { code: child.exitCode, signal: child.signalCode, left: await leftAfter(started, ENDING_MS) };
  }
}
