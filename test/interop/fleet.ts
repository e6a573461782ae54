import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type AttachedAccount, attach } from '../../local/control-client';
import { AGENT } from './fleet-app';
import { ROOT } from './root';

const READY_MS = 180_000;
/** A run takes minutes. */
const TOKEN_SECONDS = 3600;

/** A whole local fleet, run by the command line as anyone would. */
export interface Fleet {
  readonly account: AttachedAccount;
  readonly token: string;
  /** Process id of a gateway, by the name that it has in ledger rows. */
  replicaPid(replica: string): Promise<number | undefined>;
  stop(): Promise<void>;
}

/**
 * @param assembly a synthesized cloud assembly
 * @param scratch folder for its state
 * @param packages folder whose `node_modules` the account finds npm packages in
 */
export async function startFleet(assembly: string, scratch: string, packages?: string): Promise<Fleet> {
  const folder = join(scratch, 'account');
  const temporary = join(scratch, 'tmp');
  for (const path of [folder, temporary]) mkdirSync(path, { recursive: true });
  if (packages !== undefined) symlinkSync(join(packages, 'node_modules'), join(folder, 'node_modules'));
  const stop = await startAccount(assembly, folder, temporary);
  try {
    const account = await attach(folder);
    const token = await account.token(AGENT, { ttlSeconds: TOKEN_SECONDS });
    return { account, token, replicaPid: async (replica) => pidOfReplica(replica, account, temporary), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** @returns stops it */
async function startAccount(assembly: string, cwd: string, temporary: string): Promise<() => Promise<void>> {
  const args = ['local', '--assembly', assembly, '--no-checks', '--json', '--port', '0'];
  // The account notes in its working directory that it runs: not in the project's, where another may run.
  const env = { ...process.env, TMPDIR: temporary };
  const child = spawn(process.execPath, [join(ROOT, 'bin/mcp-fleet'), ...args], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = once(child, 'close');
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
    await ended;
  };
  let output = '';
  child.stderr.on('data', (chunk: Buffer) => (output += chunk));
  try {
    await new Promise<void>((resolve, reject) => {
      const fail = (why: string) => reject(new Error(`The fleet ${why}:\n${output}`));
      const timer = setTimeout(() => fail(`was not ready within ${READY_MS / 1000} s`), READY_MS);
      createInterface({ input: child.stdout }).on('line', (line) => {
        output += `${line}\n`;
        if ((JSON.parse(line) as { event: string }).event === 'ready') resolve();
      });
      void ended.then(() => fail('ended before it was ready')).finally(() => clearTimeout(timer));
    });
    return stop;
  } catch (error) {
    await stop();
    throw error;
  }
}

/** A gateway says its name and port in its log when it listens; the account knows which process has the port. */
async function pidOfReplica(replica: string, account: AttachedAccount, temporary: string): Promise<number | undefined> {
  const port = gatewayLogLines(temporary).find((line) => line.event === 'listening' && line.replica === replica)?.port;
  return (await account.processes()).find(({ role, address }) => role === 'gateway' && address === `127.0.0.1:${port}`)?.pid;
}

function gatewayLogLines(temporary: string): { event?: string; replica?: string; port?: number }[] {
  const files = readdirSync(temporary, { recursive: true, withFileTypes: true }).filter(({ name }) => /gateway.*\.log$/i.test(name));
  const lines = files.flatMap(({ parentPath, name }) => readFileSync(join(parentPath, name), 'utf8').split('\n'));
  return lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line));
}
