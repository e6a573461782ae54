import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { startLocalAccount } from '../../local/start';
import { scratchFolder } from '../local/fixtures/assembly';
import { shopAssembly } from '../local/fixtures/shop';
import { descendantsOf, leftAfter } from './leftovers';

/** However and wherever a start breaks off, it leaves no folder, no process, no port and no way to reach it. */

const PHASES = ['assembly', 'not run here', 'tables', 'secrets', 'identity', 'functions', 'load balancers', 'services', 'ready'];
const assembly = shopAssembly();
const own = process.env.TMPDIR;
let temporary: string;
let controlFolder: string;

beforeEach(() => {
  controlFolder = scratchFolder();
  temporary = scratchFolder();
  process.env.TMPDIR = temporary;
});

afterEach(() => {
  if (own === undefined) delete process.env.TMPDIR;
  else process.env.TMPDIR = own;
});

const listening = (): number => process.getActiveResourcesInfo().filter((resource) => resource === 'TCPServerWrap').length;
/** Logs stay until the run after the next, so that one can look why it broke off. */
const KEPT = ['.gitignore', 'logs'];
const filesOf = (folder: string): string[] => (existsSync(folder) ? readdirSync(folder).filter((name) => !KEPT.includes(name)) : []);

function expectNoFiles(): void {
  expect(filesOf(temporary)).toEqual([]);
  expect(filesOf(join(controlFolder, '.mcp-fleet'))).toEqual([]);
}

describe('a start that throws', () => {
  const failing = async (options: Partial<Parameters<typeof startLocalAccount>[0]>): Promise<Error> => {
    const before = { ports: listening(), processes: descendantsOf(process.pid) };
    const failure = await startLocalAccount({ assembly, port: 0, controlFolder, ...options }).then(
      () => new Error('it started'),
      (error: Error) => error,
    );
    const started = descendantsOf(process.pid).filter((pid) => !before.processes.includes(pid));
    expect(await leftAfter(started, 2000)).toEqual([]);
    expect(listening()).toBe(before.ports);
    expectNoFiles();
    return failure;
  };

  test.each(PHASES)('at the end of the phase "%s" says so and leaves nothing', async (phase) => {
    const onPhase = ({ name }: { name: string }): void => {
      if (name === phase) throw new TypeError('nobody foresaw it');
    };
    const failure = await failing({ onPhase });
    expect(failure.message).toBe(`The local account failed after the phase "${phase}": nobody foresaw it`);
    expect(failure.cause).toBeInstanceOf(TypeError);
  });

  test.each(['dynamodb', 'aws', 'load balancer'])('on the way to %s leaves nothing', async (link) => {
    const interpose = (reached: string, url: string): string => {
      if (reached === link) throw new Error('no way');
      return url;
    };
    expect((await failing({ interpose })).message).toMatch(/^The local account failed after the phase ".+": no way$/);
  });
});

describe('a start that is killed', () => {
  const CLI = join(__dirname, '../../bin/mcp-fleet');

  test.each(PHASES)('at the end of the phase "%s" leaves nothing', async (phase) => {
    const args = [CLI, 'local', '--assembly', assembly, '--port', '0', '--no-checks', '--json'];
    const child = spawn(process.execPath, args, { cwd: controlFolder, stdio: ['ignore', 'pipe', 'inherit'] });
    const closed = once(child, 'close');
    let started: readonly number[] | undefined;
    for await (const line of createInterface({ input: child.stdout })) {
      if ((JSON.parse(line) as { name?: string }).name !== phase) continue;
      started = descendantsOf(child.pid ?? 0);
      child.kill('SIGKILL');
    }
    expect(await closed).toEqual([null, 'SIGKILL']);
    expect(await leftAfter(started ?? [], 5000)).toEqual([]);
    // What removes the files is a process of its own, which ends when the account has.
    for (let tries = 0; filesOf(temporary).length > 0 && tries < 100; tries++) await new Promise((next) => setTimeout(next, 50));
    expectNoFiles();
  });
});

test('ps sees what this test looks for', () => {
  expect(execFileSync('ps', ['-A', '-o', 'pid=']).toString().trim().split(/\s+/)).toContain(String(process.pid));
});
