import { type ChildProcess, spawn } from 'node:child_process';
import type { Offspring } from '../../sidecar/offspring';
import type { Log } from '../logs/log-book';
import type { Reaper } from './reaper';

export interface ProgramOptions {
  /** Executable (absolute path) and its arguments. */
  readonly argv: readonly [string, ...string[]];
  readonly cwd: string;
  /** The whole environment; nothing is inherited. */
  readonly env: Readonly<Record<string, string>>;
  readonly log: Log;
  readonly reaper: Reaper;
  /** Ends with the program, wherever it has gone; without it, what is in the program's process group does. */
  readonly offspring?: Offspring;
}

/** What is written when nothing runs any more is not waited for: somebody whom we cannot see may hold the pipes. In milliseconds. */
const LAST_OUTPUT_MS = 1000;

/** Signals that no process can take by itself: they are for all that has come of it. */
const WHOLE: readonly NodeJS.Signals[] = ['SIGKILL', 'SIGSTOP', 'SIGCONT'];

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A running program: one process group, so that its own children end with it. */
export interface Program {
  readonly pid: number;
  /** Resolves when the process has ended and its output is written. */
  readonly exited: Promise<Exit>;
  readonly running: boolean;
  signal(name: NodeJS.Signals): void;
}

/**
 * Starts a program in a process group of its own: a Ctrl-C in the terminal must reach only the account, which stops its
 * programs in order.
 * @throws the error of spawn, as when the executable does not exist
 */
export async function startProgram({ argv: [file, ...args], cwd, env, log, reaper, offspring }: ProgramOptions): Promise<Program> {
  const child = spawn(file, args, { cwd, env: { ...env, ...offspring?.environment }, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  await spawned(child);
  const pid = child.pid as number;
  reaper.watch(pid);
  if (child.stdout) log.follow(child.stdout);
  if (child.stderr) log.follow(child.stderr);
  let running = true;
  // 'exit', not 'close': a grandchild that keeps the pipes open must not hide that the program is gone.
  const exited = new Promise<Exit>((done) => {
    child.once('exit', (code, signal) => {
      running = false;
      signalGroup(pid, 'SIGKILL');
      const alone = offspring?.end(pid).then(() => {
        setTimeout(() => [child.stdout, child.stderr].forEach((stream) => void stream?.destroy()), LAST_OUTPUT_MS).unref();
      });
      child.once('close', async () => {
        await alone;
        reaper.forget(pid);
        done({ code, signal });
      });
    });
  });
  return {
    pid,
    exited,
    get running() {
      return running;
    },
    signal: (name) => {
      if (WHOLE.includes(name)) offspring === undefined ? signalGroup(pid, name) : offspring.signal(pid, name);
      else if (running) child.kill(name);
    },
  };
}

export function exitText({ code, signal }: Exit): string {
  return signal ? `was ended by ${signal}` : `exited with code ${code}`;
}

function spawned(child: ChildProcess): Promise<void> {
  return new Promise((done, fail) => {
    child.once('spawn', done);
    child.once('error', fail);
  });
}

function signalGroup(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(-pid, name);
  } catch {
    // The group is gone already.
  }
}
