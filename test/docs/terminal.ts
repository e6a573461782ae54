import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Attempt } from '../suites/program';
import type { Company } from './companies';

/** Longer than any command takes that comes to an end. */
const PATIENCE_MS = 150_000;

/** Types a command into a shell, and waits for its end. @param typed what it reads then */
export async function type(command: string, { folder, environment }: Company, typed: string, interrupted: AbortSignal): Promise<Attempt> {
  // A group of its own, so that nothing of it is left when it takes too long.
  const child = spawn('/bin/sh', ['-c', command], { cwd: folder, env: environment, detached: true, stdio: 'pipe' });
  const patience = AbortSignal.any([interrupted, AbortSignal.timeout(PATIENCE_MS)]);
  const end = (): boolean => process.kill(-(child.pid as number), 'SIGKILL');
  patience.addEventListener('abort', end);
  child.stdin.on('error', () => undefined).end(typed);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk));
  const [code] = (await once(child, 'close')) as [number | null];
  patience.removeEventListener('abort', end);
  return { code, output };
}
