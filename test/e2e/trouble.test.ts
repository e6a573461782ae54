import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it } from '@jest/globals';
import { attach } from '../../local/control-client';
import { faultyApp } from '../apps/faulty';
import { scratchFolder } from '../local/fixtures/assembly';
import { ROOT } from './fleet';

/** What the terminal in which a fleet runs says of a server that comes to harm. */

interface Run {
  readonly folder: string;
  /** What is written on stdout until the mark is in it. */
  until(mark: string | RegExp): Promise<string>;
  /** Resolves with everything that it has written, once it has ended. */
  stop(): Promise<{ code: number | null; stdout: string; stderr: string }>;
}

const stops: (() => Promise<unknown>)[] = [];

afterEach(() => Promise.all(stops.splice(0).map((stop) => stop())));

function run(environment: Readonly<Record<string, string>>, ...options: readonly string[]): Run {
  const folder = scratchFolder();
  faultyApp(join(folder, 'cdk.out'), environment);
  const args = ['local', '--no-checks', '--port', '0', '--assembly', 'cdk.out', ...options];
  const child = spawn(process.execPath, [join(ROOT, 'bin/mcp-fleet'), ...args], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = once(child, 'close') as Promise<[number | null]>;
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk));
  const end = async () => ({ code: (await ended)[0], stdout, stderr });
  const stop = () => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
    return end();
  };
  stops.push(stop);
  return {
    folder,
    until: async (mark) => {
      let over = false;
      void ended.then(() => (over = true));
      while (stdout.search(mark) === -1) {
        if (over) throw new Error(`It ended without ${mark}:\n${stdout}${stderr}`);
        await new Promise((next) => setTimeout(next, 50));
      }
      return stdout;
    },
    stop,
  };
}

const blocks = (stdout: string): string[] =>
  stdout
    .split('\n')
    .filter((line) => /^ {2}(✘|○|✔ faulty) |^ {6}(│|more:) /.test(line))
    .map((line) => line.trim().replace(/pid \d+/, 'pid N'));

const LAST_LINES = ['│ fault exits, pid N', '│ TypeError: no provider', 'more: mcp-fleet logs faulty'];

it('a server that exits at once: said before the start is given up, once', async () => {
  const fleet = run({ FAULT: 'exits' });
  await expect(fleet.until('✔ ready')).rejects.toThrow('It ended without');
  const { code, stdout, stderr } = await fleet.stop();
  expect(blocks(stdout)).toEqual(['✘ faulty exited with code 7; next try in 200 ms', ...LAST_LINES]);
  expect([code, stderr]).toEqual([
    4,
    expect.stringMatching(/^Server faulty .*: its tasks fail again and again\.[\s\S]*exited with code 7/),
  ]);
  expect(stdout + stderr).not.toContain('\x1b');
});

it('a server that never listens: said while it is waited for, with what its sidecar answers', async () => {
  const fleet = run({ FAULT: 'deaf' });
  const stdout = await fleet.until('more:');
  expect(blocks(stdout)).toEqual([
    expect.stringMatching(/^○ faulty is not healthy after 15 s; last health answer: GET \/readyz: status 503 .*server_unavailable/),
    '│ fault deaf, pid N',
    ...LAST_LINES.slice(1),
  ]);
});

it('a server that crashes in a loop, and is mended: seldom, and well again once', async () => {
  const mended = join(scratchFolder(), 'mended');
  const fleet = run({ FAULT: 'crashes=2500', MENDED: mended });
  await fleet.until(/ {2}✘ faulty .*\n[\s\S]* {2}✘ faulty .*\n/);
  writeFileSync(mended, '');
  const stdout = await fleet.until('✔ faulty is healthy again');
  const said = blocks(stdout);
  expect(said.filter((line) => line.startsWith('✘')).length).toBeLessThan(4);
  expect(said[0]).toBe('✘ faulty exited with code 1; next try in 200 ms');
  expect(said).toContain('│ Error: the connection pool is gone');
  expect(stdout).toMatch(/✘ faulty exited with code 1; \d+(st|nd|rd|th) time in [\d.]+ s, next try in/);
  expect(said.at(-1)).toMatch(/^✔ faulty is healthy again, after \d+ troubles in /);
  const { stdout: all } = await fleet.stop();
  expect(all.match(/is healthy again/g)).toHaveLength(1);
  expect(all).not.toContain('\x1b');
});

it('programs are told by events; what the account was asked to end is no event', async () => {
  const fleet = run({ FAULT: 'none' }, '--json');
  await fleet.until('"event":"ready"');
  const account = await attach(fleet.folder);
  const pidOf = async (wanted: string) => (await account.processes()).find(({ role }) => role === wanted)?.pid;
  const gone = async (pid: number | undefined): Promise<void> => {
    while ((await account.processes()).some((row) => row.pid === pid)) await new Promise((next) => setTimeout(next, 50));
  };
  const asked = Number(await pidOf('server'));
  await (await account.checked()).kill(asked);
  await gone(asked);
  while ((await pidOf('server')) === undefined) await new Promise((next) => setTimeout(next, 50));

  for (const role of ['server', 'sidecar', 'gateway']) {
    const pid = Number(await pidOf(role));
    process.kill(pid, 'SIGKILL');
    await gone(pid);
    while ((await pidOf(role)) === undefined) await new Promise((next) => setTimeout(next, 50));
    await new Promise((next) => setTimeout(next, 500));
  }
  const { stdout } = await fleet.stop();
  const events = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
    .filter(({ event }) => event === 'trouble');
  expect(events).toMatchObject([
    { server: 'faulty', role: 'server', what: 'was ended by SIGKILL', exitCode: null, signal: 'SIGKILL', times: 1 },
    { role: 'gateway', more: 'mcp-fleet logs gateway', times: 1 },
  ]);
});
