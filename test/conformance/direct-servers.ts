import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import { SERVERS, type ServerName } from './requirement-sets';
import type { Target } from './target';

/** Environment variables of each server beyond what it runs on. */
export const ENVIRONMENT: Readonly<Record<ServerName, Record<string, string>>> = { everything: {}, unchecked: { HEADERS: 'unchecked' } };

/** Starts both servers from their bundle, each on a free port of loopback. */
export async function startServers(folder: string): Promise<Target> {
  const servers = await Promise.all(SERVERS.map((name) => start(folder, ENVIRONMENT[name])));
  return {
    url: (name) => `http://127.0.0.1:${servers[SERVERS.indexOf(name)]?.port}/mcp`,
    clientEnvironment: {},
    died: async () => SERVERS.filter((_, i) => hasEnded(servers[i]?.child)).map((name) => `server ${name}`),
    stop: async () => {
      await Promise.all(servers.map(({ child }) => end(child)));
    },
  };
}

async function start(folder: string, environment: Record<string, string>): Promise<{ child: ChildProcess; port: number }> {
  const child = spawn(process.execPath, ['index.js'], {
    cwd: folder,
    env: { ...process.env, ...environment, PORT: '0' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for await (const line of createInterface({ input: child.stdout })) {
    const { event, address } = JSON.parse(line) as { event: string; address?: AddressInfo };
    if (event !== 'listening' || address === undefined) continue;
    child.stdout.resume(); // so that it never waits for a reader
    return { child, port: address.port };
  }
  throw new Error('The everything-server ended before it listened.');
}

function hasEnded(child: ChildProcess | undefined): boolean {
  return child === undefined || child.exitCode !== null || child.signalCode !== null;
}

async function end(child: ChildProcess): Promise<void> {
  if (hasEnded(child)) return;
  child.kill('SIGTERM');
  await once(child, 'exit');
}
