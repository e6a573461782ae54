import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type AttachedAccount, attach } from '../../local/control-client';
import { type Attempt, personalEnvironment } from '../suites/program';
import { ROOT } from '../suites/root';

const FLEET = join(ROOT, 'bin/mcp-fleet');
const CDK = join(ROOT, 'node_modules/.bin/cdk');
const READY_MS = 60_000;
/** A command that takes longer waits in vain. */
const COMMAND_MS = 120_000;
/** Of what it has said, so much is told then, in characters. */
const SAID_LAST = 2000;

/** An account into which one deploys, run by the command line in a process of its own. */
export class Account {
  private constructor(
    /** Where somebody stands who deploys. */
    readonly folder: string,
    private readonly child: ChildProcess,
    private readonly signal: AbortSignal,
  ) {}

  /** Resolves when there is an account with nothing in it. */
  static async start(folder: string, signal: AbortSignal): Promise<Account> {
    mkdirSync(folder);
    const child = spawn(process.execPath, [FLEET, 'local', '--empty', '--port', '0', '--no-checks', '--json'], {
      cwd: folder,
      env: personalEnvironment(),
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const lines = createInterface({ input: child.stdout });
    const ready = new Promise<void>((resolve) => lines.on('line', (line) => line.includes('"event":"ready"') && resolve()));
    const ended = once(child, 'exit', { signal: AbortSignal.any([signal, AbortSignal.timeout(READY_MS)]) }).then(() => {
      throw new Error('The account ended before it was ready.');
    });
    await Promise.race([ready, ended]);
    ended.catch(() => undefined); // how it ends later, is another matter
    return new Account(folder, child, signal);
  }

  /** As it is now: each deployment may change what there is. */
  async now(): Promise<AttachedAccount> {
    return await attach(this.folder, this.child.pid);
  }

  /** Types `mcp-fleet env -- cdk …`. @param assembly of the app, synthesized */
  async cdk(command: string, assembly: string, ...options: readonly string[]): Promise<Attempt> {
    return await this.mcpFleet('env', '--', CDK, command, '--app', assembly, ...options);
  }

  /** Types `mcp-fleet …`. */
  async mcpFleet(...args: readonly string[]): Promise<Attempt> {
    const child = spawn(process.execPath, [FLEET, ...args], {
      cwd: this.folder,
      // What it says on the way is looked at in one piece.
      env: { ...personalEnvironment(), CI: '1', NO_COLOR: '1' },
      signal: AbortSignal.any([this.signal, AbortSignal.timeout(COMMAND_MS)]),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    const log = join(this.folder, 'commands.log');
    appendFileSync(log, `$ mcp-fleet ${args.join(' ')}\n`);
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        output += chunk;
        appendFileSync(log, chunk);
      });
    }
    const closed = once(child, 'close') as Promise<[number | null]>;
    const [code] = await closed.catch((error: Error) => {
      throw new Error(`${error.message}: mcp-fleet ${args.join(' ')}\n${output.slice(-SAID_LAST)}`);
    });
    return { code, output };
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = once(this.child, 'exit');
    this.child.kill('SIGTERM');
    await ended;
  }
}
