import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** A process of the bench that serves. */
export interface Served {
  /** What it is, among the processes of its target. */
  readonly name: string;
  readonly pid: number;
  readonly port: number;
  /** File that gets its output. */
  readonly log: string;
  stop(): Promise<void>;
}

export interface Command {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
  readonly port: number;
  readonly env?: Readonly<Record<string, string>>;
  /** File that gets its output. */
  readonly log: string;
}

const running = new Set<ChildProcess>();
// Whatever ends the suite, no program is left behind.
process.once('exit', () => running.forEach((child) => void child.kill('SIGKILL')));

const START_MS = 20_000;
const STOP_MS = 3_000;

/** Starts a program and waits until its port takes connections. @throws Error with its last words when it ends before */
export async function serve({ name, command: [file, ...args], port, env, log }: Command): Promise<Served> {
  const written = openSync(log, 'a');
  const child = spawn(file, args, {
    env: { PATH: process.env.PATH ?? '', HOST: '127.0.0.1', PORT: String(port), ...env },
    stdio: ['ignore', written, written],
    detached: true, // Ctrl-C in a terminal reaches the suite alone, which stops its programs
  });
  running.add(child);
  child.once('exit', () => running.delete(child));
  child.once('error', () => undefined); // it has no pid then
  closeSync(written);
  for (const end = Date.now() + START_MS; !(await takesConnections(port)); await delay(5)) {
    if (child.pid !== undefined && !hasEnded(child) && Date.now() < end) continue;
    child.kill('SIGKILL');
    throw new Error(`${name} (${file}) did not start: ${readFileSync(log, 'utf8').slice(-2_000)}`);
  }
  return { name, pid: child.pid as number, port, log, stop: () => stop(child) };
}

function takesConnections(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

async function stop(child: ChildProcess): Promise<void> {
  if (hasEnded(child)) return;
  const ended = once(child, 'exit');
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
  child.kill('SIGTERM');
  await ended;
  clearTimeout(timer);
}
