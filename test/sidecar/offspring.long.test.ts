import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import { signContext } from '../../core/signed-context';
import { Child } from '../../sidecar/child';
import { LIMITS } from '../../sidecar/limits';
import { openLog } from '../../sidecar/log';
import { Sidecar } from '../../sidecar/sidecar';
import { ManualClock } from './manual-clock';
import { scripted } from './scripted';
import { call, initialize, KEY, post, postInit, type StartedSidecar, startSidecar, stopAll, until } from './started';

let sidecar: StartedSidecar | undefined;
let here: Sidecar | undefined;
let started: number[] = [];

/** A server that ignores SIGTERM and the end of its input, and tells its own process id. */
const STUBBORN = scripted(
  `if (m.method === 'initialize') ready(m); if (m.method === 'tools/call') results(m, { pids: [process.pid, ...(globalThis.others ?? [])] });`,
  `process.on('SIGTERM', () => {}); setInterval(() => {}, 1000);`,
);
const quoted = STUBBORN.map((part) => `'${part}'`).join(' ');

/** Starts a sidecar and a session there: the server's own process, and what it says that it has started. */
async function start(command: string[]): Promise<StartedSidecar> {
  sidecar = await startSidecar({ kind: 'stdio', command, environment: [] });
  const response = await post(sidecar.url, initialize);
  await response.text();
  const session = { 'mcp-session-id': response.headers.get('mcp-session-id') as string };
  const { result } = (await (await post(sidecar.url, call('pids'), session)).json()) as { result: { pids: number[] } };
  started = result.pids;
  return sidecar;
}

/** A process that is dead and waits for a parent that never asks is not alive. */
function isAlive(pid: number): boolean {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

afterEach(async () => {
  await stopAll([sidecar?.process]);
  here?.sessions.endAll('drained');
  await here?.close();
  here = undefined;
  Child.killAll();
  for (const pid of started.filter(isAlive)) process.kill(pid, 'SIGKILL');
  started = [];
});

/** Starts another program, which it leaves behind, and answers when that is ready. */
function parentOf(options: string, script = ''): string[] {
  const other = `${script} setInterval(() => {}, 1000); console.log('up');`;
  return scripted(
    `if (m.method === 'initialize') ready(m); if (m.method === 'tools/call') results(m, { pids: [process.pid, other.pid] });`,
    `const { spawn } = await import('node:child_process');
     const other = spawn(process.execPath, ['-e', ${JSON.stringify(other)}], { stdio: ['ignore', 'pipe', 'ignore'], ${options} });
     await new Promise((resolve) => other.stdout.once('data', resolve));
     other.stdout.destroy();
     other.unref();`,
  );
}

const IGNORES_SIGTERM = `process.on('SIGTERM', () => {});`;

/** A sidecar in this process, whose time is moved by hand; what it starts is as real as ever. */
async function startHere(command: string[]) {
  const clock = new ManualClock();
  const logged: string[] = [];
  const log = openLog({}, { write: (line) => void logged.push(JSON.parse(line).event) });
  const config = {
    fleet: 'acme',
    server: 'tools',
    runtime: { kind: 'stdio' as const, command, environment: [] },
    slots: 10,
    drainSeconds: 5,
  };
  here = new Sidecar(
    { config, keys: [KEY], host: '127.0.0.1', port: 0, childEnvironment: { PATH: process.env.PATH ?? '' } },
    { instance: 'task-1', clock, limits: LIMITS, log, print: () => {} },
  );
  const url = `http://127.0.0.1:${await here.start()}/tools/mcp`;
  const send = (init: RequestInit, headers: Record<string, string> = {}) => {
    const signed = signContext({ agent: 'agent-a', server: 'tools' }, KEY, clock.now() / 1000);
    return fetch(url, { ...init, headers: { ...(init.headers as object), ...headers, 'mcp-fleet-context': signed } });
  };
  const open = async () => {
    const response = await send(postInit(initialize));
    await response.text();
    return { 'mcp-session-id': response.headers.get('mcp-session-id') as string };
  };
  const pids = async (session: Record<string, string>) => {
    const { result } = (await (await send(postInit(call('pids')), session)).json()) as { result: { pids: number[] } };
    started.push(...result.pids);
    return result.pids;
  };
  /** Moves on in small steps, as what happens between them is real. */
  const gone = (some: readonly number[]) =>
    until(() => {
      if (some.some(isAlive)) clock.advance(100);
      return !some.some(isAlive);
    }, 'everything to be gone');
  return { clock, logged, open, pids, gone, end: (session: Record<string, string>) => send({ method: 'DELETE' }, session) };
}

describe('after DELETE nothing is left of a stdio server', () => {
  test.each([
    ['a wrapper that ignores SIGTERM, and so does what it wraps', ['sh', '-c', `trap '' TERM; ${quoted}; :`]],
    ['a wrapper that ends at SIGTERM, and what it wraps does not', ['sh', '-c', `${quoted}; :`]],
    ['a wrapper of a wrapper', ['sh', '-c', `sh -c "${quoted.replaceAll("'", '')}; :"; :`]],
    ['a child in a group of its own', parentOf('detached: true')],
    ['a child in its group', parentOf('')],
    ['a child in a group of its own that ignores SIGTERM', parentOf('detached: true', IGNORES_SIGTERM)],
  ])('%s', async (_, command) => {
    const { open, pids, end, gone } = await startHere(command);
    const session = await open();
    const running = await pids(session);
    expect(running.every(isAlive)).toBe(true);
    expect((await end(session)).status).toBe(200);
    await gone(running);
  });

  test('one that ends when its input does gets no signal', async () => {
    const command = scripted(
      `if (m.method === 'initialize') ready(m); if (m.method === 'tools/call') results(m, { pids: [process.pid] });`,
      `process.on('exit', (code) => process.stderr.write('exit ' + code));`,
    );
    const { open, pids, end, logged } = await startHere(command);
    const session = await open();
    const running = await pids(session);
    await end(session);
    // Without any time that passes.
    await until(() => !running.some(isAlive), 'the child to end');
    await until(() => logged.includes('child_ended'), 'its end to be seen');
    expect(logged).not.toContain('child_left_processes');
  });

  test('one that dies by itself leaves nothing behind, either', async () => {
    const { open, pids, gone, logged } = await startHere(parentOf('detached: true', IGNORES_SIGTERM));
    const running = await pids(await open());
    process.kill(running[0] as number, 'SIGKILL');
    await gone(running);
    expect(logged).toContain('child_left_processes');
  });

  test("and another's goes on: a mark is one child's", async () => {
    const { open, pids, end, gone } = await startHere(parentOf('detached: true'));
    const [first, second] = [await open(), await open()];
    const [leaving, staying] = [await pids(first), await pids(second)];
    await end(first);
    await gone(leaving);
    expect(staying.every(isAlive)).toBe(true);
    await end(second);
    await gone(staying);
  });

  test("a wrapper's server hears SIGTERM in time to put its things in order", async () => {
    const file = join(mkdtempSync(join(tmpdir(), 'orderly-')), 'saved');
    const orderly = scripted(
      `if (m.method === 'initialize') ready(m); if (m.method === 'tools/call') results(m, { pids: [process.pid] });`,
      `const { writeFileSync } = await import('node:fs'); setInterval(() => {}, 1000);
       process.on('SIGTERM', () => { writeFileSync(${JSON.stringify(file)}, 'saved'); process.exit(); });`,
    );
    const { open, pids, end, clock } = await startHere(['sh', '-c', `${orderly.map((part) => `'${part}'`).join(' ')}; :`]);
    const session = await open();
    const running = await pids(session);
    await end(session);
    clock.advance(LIMITS.childTerminate);
    await until(() => existsSync(file), 'the server to save');
    await until(() => !running.some(isAlive), 'the server to end');
  });
});

describe('when the sidecar itself ends', () => {
  const BOTH: [string, string[]][] = [
    ['a wrapped server', ['sh', '-c', `trap '' TERM; ${quoted}; :`]],
    ['what has left its group', parentOf('detached: true', IGNORES_SIGTERM)],
  ];

  // The first is ended like the children above.
  test.each(BOTH.slice(1))(
    'in order, %s is gone before it',
    async (_, command) => {
      const sidecar = await start(command);
      const exited = once(sidecar.process, 'exit');
      sidecar.process.kill('SIGTERM');
      expect(await exited).toEqual([0, null]);
      expect(started.some(isAlive)).toBe(false);
    },
    30_000,
  );

  test.each(BOTH)('at SIGINT after it, %s is gone, too', async (_, command) => {
    const sidecar = await start(command);
    const exited = once(sidecar.process, 'exit');
    sidecar.process.kill('SIGTERM');
    await sidecar.event('drain_started');
    sidecar.process.kill('SIGINT');
    expect(await exited).toEqual([1, null]);
    await until(() => !started.some(isAlive), 'everything to be gone');
  });
});
