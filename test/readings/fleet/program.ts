import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';

/** A gateway or a sidecar that runs. */
export interface Program {
  readonly pid: number;
  readonly port: number;
  readonly exited: boolean;
  /** Asks it to end, and kills it when it does not. */
  stop(): Promise<void>;
  kill(): Promise<void>;
}

/** A program that does not end on SIGTERM is killed after this many milliseconds. */
const STOP_MS = 8_000;

/**
 * Starts a bundled program and waits until it listens.
 * @param log file that gets its output
 * @throws Error with its last words when it ends before
 */
export async function startProgram(file: string, port: number, env: Readonly<Record<string, string>>, log: string): Promise<Program> {
  const child = spawn(process.execPath, [file], {
    env: { PATH: process.env.PATH ?? '', HOST: '127.0.0.1', PORT: String(port), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true, // Ctrl-C in a terminal reaches the suite alone, which stops its programs
  });
  // Whatever ends the suite, no program is left behind.
  const killed = () => child.kill('SIGKILL');
  process.once('exit', killed);
  child.once('exit', () => process.off('exit', killed));
  const written = createWriteStream(log, { flags: 'a' });
  child.stdout.pipe(written, { end: false });
  child.stderr.pipe(written, { end: false });
  await listening(child, file);
  return {
    pid: child.pid as number,
    port,
    get exited() {
      return hasEnded(child);
    },
    stop: () => end(child, 'SIGTERM'),
    kill: () => end(child, 'SIGKILL'),
  };
}

function listening(child: ChildProcess, file: string): Promise<void> {
  let said = '';
  return new Promise((resolve, reject) => {
    const hear = (chunk: Buffer) => {
      said += chunk;
      if (said.includes('"event":"listening"')) resolve();
    };
    child.stdout?.on('data', hear);
    child.stderr?.on('data', hear);
    child.once('exit', () => reject(new Error(`${file} did not start: ${said.slice(-2_000)}`)));
  });
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (hasEnded(child)) return;
  const ended = once(child, 'exit');
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
  child.kill(signal);
  await ended;
  clearTimeout(timer);
}
