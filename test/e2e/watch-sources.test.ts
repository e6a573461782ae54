import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { change, type WatchedApp, watchedApp } from '../apps/watched';
import { scratchFolder } from '../local/fixtures/assembly';
import { cli, type Event, ROOT } from './fleet';
import { descendantsOf, leftAfter } from './leftovers';

/** Where assemblies come from while somebody watches, and what programs are told. */

let running: ChildProcess | undefined;

afterEach(async () => {
  if (running?.exitCode !== null || running === undefined) return;
  running.kill('SIGKILL');
  await once(running, 'close');
});

async function watch(files: WatchedApp, ...options: readonly string[]) {
  const temporary = scratchFolder();
  const child = spawn(
    process.execPath,
    [join(ROOT, 'bin/mcp-fleet'), 'local', '--watch', '--json', '--port', '0', '--no-checks', ...options],
    {
      cwd: files.folder,
      env: { ...process.env, TMPDIR: temporary },
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  running = child;
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk));
  const events = (): Event[] =>
    output
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Event);
  const until = async (name: string, count = 1): Promise<Event> => {
    for (;;) {
      const found = events().filter(({ event }) => event === name);
      if (found.length >= count) return found.at(-1) as Event;
      if (child.exitCode !== null) throw new Error(`It ended without ${name}:\n${output}`);
      await new Promise((next) => setTimeout(next, 50));
    }
  };
  return { child, temporary, events, until };
}

async function synthesized(files: WatchedApp): Promise<string> {
  const cdk = join(ROOT, 'node_modules/aws-cdk/bin/cdk');
  const written = join(files.folder, 'written');
  rmSync(written, { recursive: true, force: true });
  const child = spawn(process.execPath, [cdk, 'synth', '--quiet', '--output', written], {
    cwd: files.folder,
    env: { ...process.env, CDK_VALIDATION: 'false' },
    stdio: 'ignore',
  });
  expect(await once(child, 'close')).toEqual([0, null]);
  return written;
}

test('an assembly that another process rewrites is applied; programs are told by events', async () => {
  const files = watchedApp(scratchFolder());
  renameSync(await synthesized(files), join(files.folder, 'cdk.out'));
  const { child, until, events } = await watch(files, '--assembly', 'cdk.out');
  expect(await until('watch_ready')).toEqual({ event: 'watch_ready', folders: ['cdk.out', '../clock'] });
  change(files.notes, "'one'", "'two'");
  const next = await synthesized(files);
  rmSync(join(files.folder, 'cdk.out'), { recursive: true });
  renameSync(next, join(files.folder, 'cdk.out'));
  expect(await until('watch_applied')).toMatchObject({
    services: ['notes'],
    milliseconds: expect.any(Number),
    sinceChangeMs: expect.any(Number),
  });
  expect(
    events()
      .filter(({ event }) => event.startsWith('watch_'))
      .at(-4),
  ).toMatchObject({ event: 'watch_change', files: ['cdk.out/manifest.json'] });
  child.kill('SIGINT');
  expect(await once(child, 'close')).toEqual([130, null]);
});

test('Ctrl-C in the midst of a synthesis leaves nothing', async () => {
  const files = watchedApp(scratchFolder());
  const { child, until, temporary } = await watch(files);
  await until('watch_ready');
  change(files.app, '// the end', 'setInterval(() => {}, 1000);');
  await until('watch_change');
  const pids = descendantsOf(Number(child.pid));
  child.kill('SIGINT');
  expect(await once(child, 'close')).toEqual([130, null]);
  expect(await leftAfter(pids, 10_000)).toEqual([]);
  expect(readdirSync(temporary).filter((name) => name.startsWith('mcp-fleet'))).toEqual([]);
});

test('--once does not go with it', async () => {
  const { code, stderr } = await cli(['local', '--watch', '--once'], { cwd: scratchFolder() });
  expect([code, stderr]).toEqual([2, expect.stringContaining("option '--watch' cannot be used with option '--once'")]);
});
