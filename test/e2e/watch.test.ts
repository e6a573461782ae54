import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { openClient } from '../../checks/agent-client';
import { attach } from '../../local/control-client';
import { change, type WatchedApp, watchedApp } from '../apps/watched';
import { scratchFolder } from '../local/fixtures/assembly';
import { ROOT } from './fleet';
import { descendantsOf, leftAfter } from './leftovers';

/** A fleet that runs what is saved: new versions, broken ones, and new grants, while agents go on calling. */

const scratch = scratchFolder();
let files: WatchedApp;
let fleet: ChildProcess;
let ended: Promise<unknown[]>;
let output = '';
let baseUrl: string;
const failures: string[] = [];
let loading = true;
const loads: Promise<void>[] = [];

const next = () => new Promise((done) => setTimeout(done, 50));
const until = async <T>(what: string, look: () => Promise<T | undefined> | T | undefined): Promise<T> => {
  const end = Date.now() + 120_000;
  for (;;) {
    const seen = await look();
    if (seen) return seen;
    if (Date.now() > end) throw new Error(`${what} does not come about:\n${output}`);
    if (fleet.exitCode !== null) throw new Error(`It ended without ${what}:\n${output}`);
    await next();
  }
};
const said = (from: number, mark: string | RegExp) =>
  until(String(mark), () => output.slice(from).search(mark) !== -1 && output.slice(from));

async function open(server: string) {
  const account = await attach(files.folder, fleet.pid);
  return await openClient('v1', `${baseUrl}/${server}/mcp`, await account.token('asker'));
}

async function ask(server: string, tool = 'version'): Promise<string> {
  const client = await open(server);
  try {
    const reply = await client.call(tool, {});
    return reply.kind === 'result' ? reply.text : JSON.stringify(reply);
  } finally {
    await client.close();
  }
}

/** Milliseconds from now until a server answers as a new version. */
async function answers(server: string, version: string): Promise<number> {
  const start = performance.now();
  await until(`${server} answers ${version}`, async () => (await ask(server)) === version);
  return Math.round(performance.now() - start);
}

/** Agents that call one server all the while: one in a session of its own that stays, one in a new session for each call. */
function load(server: string): void {
  const note = (what: unknown) => void failures.push(`${server}: ${JSON.stringify(what)}`);
  const stays = async (): Promise<void> => {
    const client = await open(server);
    while (loading) {
      const reply = await client.call('version', {}).catch((error: Error) => ({ kind: 'broken', message: error.message }));
      if (reply.kind !== 'result') note(reply);
      await next();
    }
    await client.close();
  };
  const comesAndGoes = async (): Promise<void> => {
    while (loading) {
      await ask(server).catch((error: Error) => note(error.message));
      await next();
    }
  };
  loads.push(stays(), comesAndGoes());
}

beforeAll(async () => {
  files = watchedApp(scratch);
  fleet = spawn(process.execPath, [join(ROOT, 'bin/mcp-fleet'), 'local', '--watch', '--port', '0', '--no-checks'], {
    cwd: files.folder,
    env: { ...process.env, TMPDIR: scratchFolder() },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  ended = once(fleet, 'close');
  for (const stream of [fleet.stdout, fleet.stderr]) stream?.on('data', (chunk: Buffer) => (output += chunk));
  await said(0, 'watching ');
  baseUrl = /serving at (\S+)/.exec(output)?.[1] as string;
  load('notes');
  load('clock');
});

afterAll(async () => {
  loading = false;
  if (fleet.exitCode === null) fleet.kill('SIGKILL');
  await ended;
});

describe('mcp-fleet local --watch', () => {
  test('watches the app, and servers wherever they are', () => {
    expect(output).toMatch(/watching \., servers\/notes, \.\.\/clock;/);
  });

  test('a server that is built from its folder answers as its new version', async () => {
    const from = output.length;
    change(files.notes, "'one'", "'two'");
    const milliseconds = await answers('notes', 'two');
    const block = await said(from, '✔ serves');
    expect(block).toMatch(
      /↻ \d\d:\d\d:\d\d saved servers\/notes\/answers\.cjs\n.*synthesized in .*: 1 changed of its resources\n[\s\S]*image: asset [\s\S]*notes rolls \(1 task\)\n/,
    );
    expect(block).not.toContain('clock rolls');
    console.info(`notes: the first answer of the new version after ${milliseconds} ms\n${block}`);
  });

  test('a server that runs from a folder outside is deployed anew, and no other one; saved by an editor that renames', async () => {
    const from = output.length;
    writeFileSync(`${files.clock}~`, readFileSync(files.clock, 'utf8').replace("'one'", "'two'"));
    renameSync(`${files.clock}~`, files.clock);
    const milliseconds = await answers('clock', 'two');
    const block = await said(from, 'no resource changes');
    expect(block).toMatch(/saved \.\.\/clock\/answers\.cjs\n/);
    expect(block).toContain('clock rolls (1 task)');
    expect(block).not.toContain('notes rolls');
    console.info(`clock: the first answer of the new version after ${milliseconds} ms\n${block}`);
  });

  test.each([
    ['notes', 'notes'],
    ['clock', 'clock'],
  ] as const)('%s with a syntax error: the version before goes on, and it is said why; then it is mended', async (server, file) => {
    const from = output.length;
    change(files[file], "'two'", "'three' is broken");
    const block = await said(from, 'keeps running');
    expect(block).toMatch(new RegExp(`✘ Server ${server} .*: the deployment .* failed: tasks failed to start`));
    expect(block).toContain('SyntaxError: Unexpected identifier');
    expect(block).toMatch(/the version of \d\d:\d\d:\d\d keeps running/);
    expect(await ask(server)).toBe('two');
    change(files[file], "'three' is broken", "'three'");
    await answers(server, 'three');
    await said(from, '✔ serves');
    console.info(block);
  });

  test('an app with a syntax error: the account goes on, and it is said what the app says', async () => {
    const from = output.length;
    change(files.app, '// the end', 'no app');
    const block = await said(from, 'keeps running');
    expect(block).toMatch(/✘ The CDK app does not synthesize[\s\S]*app\.ts:\d+:\d+: ERROR: [\s\S]*nothing was changed; the version of/);
    expect(await ask('notes')).toBe('three');
    change(files.app, 'no app', '// the end');
    await said(from, '✔ nothing of the fleet changes');
  });

  test('a new grant is in force', async () => {
    expect(await ask('notes', 'secret')).not.toContain('the secret');
    const from = output.length;
    change(files.app, "notes.grantCall(asker, { tools: ['version'] });", "notes.grantCall(asker, { tools: ['version', 'secret'] });");
    await until('the grant', async () => (await ask('notes', 'secret')) === 'the secret');
    await said(from, '✔ serves');
  });

  test('no call of any agent has failed', async () => {
    loading = false;
    await Promise.all(loads);
    expect(failures).toEqual([]);
  });

  test('Ctrl-C in the midst of a deployment leaves nothing', async () => {
    const from = output.length;
    change(files.notes, "'three'", "'four'");
    await said(from, 'notes rolls');
    const pids = descendantsOf(Number(fleet.pid));
    fleet.kill('SIGINT');
    const [code] = await ended;
    expect(code).toBe(130);
    expect(await leftAfter(pids, 10_000)).toEqual([]);
    expect(readdirSync(join(files.folder)).sort()).toEqual(['.mcp-fleet', 'app.ts', 'cdk.json', 'node_modules', 'servers']);
  });
});
