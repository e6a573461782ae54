import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { attach } from '../../local/control-client';

export const ROOT = join(__dirname, '../..');
const CLI = join(ROOT, 'bin/mcp-fleet');
const READY_MS = 120_000;

export interface Event {
  readonly event: string;
  readonly [member: string]: unknown;
}

/** The example company, run by the command line in a process of its own. */
export interface Fleet {
  readonly process: ChildProcess;
  readonly baseUrl: string;
  /** What the command line offers to other processes. */
  readonly account: Awaited<ReturnType<typeof attach>>;
  /** Resolves with exit code and signal. */
  readonly ended: Promise<unknown[]>;
  /** Everything that it has written so far. */
  output(): string;
  stop(): Promise<void>;
}

/** Resolves when the fleet serves. */
export async function startFleet(...options: readonly string[]): Promise<Fleet> {
  const child = spawn(process.execPath, [CLI, 'local', '--json', '--port', '0', ...options], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = once(child, 'close');
  let output = '';
  child.stderr.on('data', (chunk: Buffer) => (output += chunk));
  const lines = createInterface({ input: child.stdout });
  const ready = await new Promise<Event>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`The fleet was not ready within ${READY_MS / 1000} s:\n${output}`)), READY_MS);
    lines.on('line', (line) => {
      output += `${line}\n`;
      const event = JSON.parse(line) as Event;
      if (event.event === 'ready') resolve(event);
    });
    void ended.then(() => reject(new Error(`The fleet ended before it was ready:\n${output}`)));
    void ended.finally(() => clearTimeout(timer));
  });
  return {
    process: child,
    baseUrl: String(ready.baseUrl),
    account: await attach(ROOT, child.pid),
    ended,
    output: () => output,
    stop: async () => {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
      await ended;
    },
  };
}

/** Runs the command line to its end. */
export async function cli(args: readonly string[], { cwd = ROOT, env = {} }: { cwd?: string; env?: NodeJS.ProcessEnv } = {}) {
  const child = spawn(process.execPath, [CLI, ...args], { cwd, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, stdout, stderr };
}
