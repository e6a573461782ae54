import { chmodSync, copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { emfLine } from '../../core/emf';
import { CHILD_USERS_CAPABILITIES, type ChildBounds, CHILD_USERS as USERS } from '../../core/fleet-config';
import { readSettings } from '../../sidecar/settings';
import {
  call,
  gatewayFetch,
  initialize,
  MODERN,
  post,
  postInit,
  SECRET,
  type StartedSidecar,
  startSidecar,
  stopAll,
  until,
} from './started';

/** Real users: only root may start a process as another. Elsewhere nothing but the refusal below can be shown. */
const asRoot = process.getuid?.() === 0 ? describe : describe.skip;
/** Leaves the sidecar those rights that its container has, of all that root has here. */
const AS_IN_ITS_CONTAINER = ['setpriv', `--bounding-set=-all,${CHILD_USERS_CAPABILITIES.map((name) => `+${name.toLowerCase()}`).join()}`];

let folder: string;
let sidecars: StartedSidecar[] = [];

beforeAll(() => {
  // Where every user may read, as in an image.
  folder = mkdtempSync('/tmp/hostile-');
  chmodSync(folder, 0o755);
  copyFileSync(join(__dirname, 'fixtures/hostile-child.cjs'), join(folder, 'server.cjs'));
  chmodSync(join(folder, 'server.cjs'), 0o644);
});
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(async () => {
  await stopAll(sidecars.map((sidecar) => sidecar.process));
  sidecars = [];
  for (const name of readdirSync(folder).filter((each) => each.startsWith('children-'))) rmSync(join(folder, name), { recursive: true });
});

/** A process that has ended, and that nobody has asked about, is not alive. */
function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

async function start(users?: typeof USERS, bounds?: ChildBounds) {
  const runtime = { kind: 'stdio' as const, command: [process.execPath, join(folder, 'server.cjs')], environment: ['TOKEN'] };
  const started = await startSidecar(
    { ...runtime, ...(users && { users }), ...(bounds && { bounds }) },
    {},
    { TOKEN: 'of-the-server', TMPDIR: folder },
    AS_IN_ITS_CONTAINER,
  );
  sidecars.push(started);
  return started;
}

/** A session of an agent, in which its child is made to attack. */
async function sessionOf({ url }: StartedSidecar, agent: string) {
  const opened = await post(url, initialize, {}, agent);
  await opened.text();
  const session = { 'mcp-session-id': opened.headers.get('mcp-session-id') as string };
  let id = 10;
  const attack = async (name: string, args: object = {}): Promise<unknown> => {
    const body = { jsonrpc: '2.0', id: ++id, method: 'tools/call', params: { name, arguments: args } };
    const answer = (await (await post(url, body, session, agent)).json()) as { result?: { content: [{ text: string }] } };
    if (answer.result === undefined) throw new Error(JSON.stringify(answer));
    return JSON.parse(answer.result.content[0].text);
  };
  return { attack, session, self: (await attack('self')) as { pid: number; parent: number; uid: number; gid: number; names: string[] } };
}

asRoot('a child that attacks', () => {
  test('without a user of its own reads the key of its sidecar: what follows can fail', async () => {
    const { attack } = await sessionOf(await start(), 'agent-a');
    expect(await attack('read', { mark: SECRET })).toContain('environ');
  });

  test('reads no key, ends nobody, prints in nobody’s name, enters nobody’s folder, and becomes nobody else', async () => {
    const started = await start(USERS);
    const [a, b] = [await sessionOf(started, 'agent-a'), await sessionOf(started, 'agent-b')];
    expect(a.self.uid).not.toBe(b.self.uid);
    expect([a.self.gid, b.self.gid]).toEqual([a.self.uid, b.self.uid]);
    await b.attack('keep', { text: 'of agent-b' });

    const { pid } = started.process as { pid: number };
    expect(readFileSync(`/proc/${pid}/status`, 'utf8')).toMatch(/CapEff:\s+00000000000000e3$/m);
    expect(await a.attack('read', { mark: SECRET })).toEqual([]);
    expect(await a.attack('read', { mark: `HOME=${b.self.uid}` })).toEqual([]);
    for (const victim of [pid, b.self.pid]) {
      expect(await a.attack('descriptors', { pid: victim })).toBe('EACCES');
      expect(await a.attack('kill', { pid: victim })).toBe('EPERM');
      const line = emfLine({ Fleet: 'acme', Server: 'payments' }, { OutcomeUnknown: 4711 }, 0);
      expect(await a.attack('print', { pid: victim, line })).toBe('EACCES');
    }
    expect(await a.attack('homes')).toBe('EACCES');
    expect(await a.attack('enter', { uid: b.self.uid })).toBe('EACCES');
    expect(await a.attack('become')).toBe('EPERM');
    expect([await a.attack('privileges'), await a.attack('capabilities'), await a.attack('groups')]).toEqual([
      '1',
      '0000000000000000',
      [a.self.gid],
    ]);
    expect(started.output()).not.toContain('4711');
    expect(await b.attack('self')).toMatchObject({ pid: b.self.pid });
  });

  test('is none of another sidecar’s on the same machine', async () => {
    const [one, other] = await Promise.all([start(USERS), start(USERS)]);
    const [a, b] = [await sessionOf(one, 'agent-a'), await sessionOf(other, 'agent-a')];
    expect(a.self.uid).not.toBe(b.self.uid);
    await gatewayFetch('agent-a')(one.url, { method: 'DELETE', headers: a.session });
    await until(() => !isAlive(a.self.pid), 'the child to end');
    expect(await b.attack('self')).toMatchObject({ pid: b.self.pid });
  });

  test('has an environment of what is declared, a folder of its own, and is the first to end where memory runs out', async () => {
    const started = await start(USERS);
    const { attack, self } = await sessionOf(started, 'agent-a');
    expect(self.names).toEqual(['HOME', 'MCP_FLEET_CHILD', 'PATH', 'TMPDIR', 'TOKEN']);
    expect([await attack('shell'), await attack('mode'), await attack('score')]).toEqual(['here', '600', '1000']);
    const own = readFileSync(`/proc/${started.process.pid}/oom_score_adj`, 'utf8').trim();
    expect(Number(own)).toBeLessThan(1000);
  });

  test('cannot call its sidecar, whose port it reaches, without the key', async () => {
    const started = await start(USERS);
    await sessionOf(started, 'agent-a');
    // As the child would: from loopback, with whatever it can make up.
    for (const headers of [{}, { 'mcp-fleet-context': 'e30.e30' }] as Record<string, string>[]) {
      const response = await fetch(started.url, postInit(call('self', 1, {}, MODERN), headers));
      expect(response.status).toBeGreaterThanOrEqual(400);
      expect(await response.text()).not.toContain('content');
    }
  });

  test('has so many processes and so much memory, and no more; another one is not touched by it', async () => {
    const [FORKS, HOARD] = [60, 256];
    const [bounded, free] = await Promise.all([start(USERS, { tasks: 40, memoryMiB: 128 }), start(USERS)]);
    const [hoarder, forker, other] = [
      await sessionOf(bounded, 'agent-a'),
      await sessionOf(bounded, 'agent-b'),
      await sessionOf(bounded, 'agent-c'),
    ];
    // A program that is refused memory goes on with less, or ends.
    const hog = await hoarder.attack('hoard', { mebibytes: HOARD }).catch(({ message }: Error) => message);
    const bomb = (await forker.attack('fork', { count: FORKS })) as number;
    if (typeof hog === 'number') expect(hog).toBeLessThanOrEqual(128);
    else expect(hog).toContain('the server process ended before its answer');
    expect(bomb).toBeGreaterThan(10);
    expect(bomb).toBeLessThan(40);
    expect(await other.attack('fork', { count: 5 })).toBe(5);
    // Without bounds it has all that it tries: what is above can fail.
    const [rich, fertile] = [await sessionOf(free, 'agent-a'), await sessionOf(free, 'agent-b')];
    expect([await rich.attack('hoard', { mebibytes: HOARD }), await fertile.attack('fork', { count: FORKS })]).toEqual([HOARD, FORKS]);
  });

  test('leaves nothing that runs, not even a process without a mark, and no file in its folder', async () => {
    const started = await start(USERS);
    const { attack, session } = await sessionOf(started, 'agent-a');
    const left = (await attack('daemon')) as number;
    expect(isAlive(left)).toBe(true);
    await attack('keep', { text: 'of agent-a' });
    await gatewayFetch('agent-a')(started.url, { method: 'DELETE', headers: session });
    await until(() => !isAlive(left), 'the daemon to end');
    const homes = readdirSync(folder).filter((name) => name.startsWith('children-'));
    await until(() => homes.every((name) => readdirSync(join(folder, name)).length === 0), 'the folders to go');
  });
});

test('a sidecar that is not root refuses to run children apart, rather than run them together', () => {
  const getuid = process.getuid;
  process.getuid = () => 1000;
  try {
    const config = {
      fleet: 'f',
      server: 's',
      slots: 1,
      drainSeconds: 1,
      runtime: { kind: 'stdio', command: ['x'], environment: [], users: USERS },
    };
    const environment = { MCP_FLEET_SIDECAR: JSON.stringify(config), MCP_FLEET_SIDECAR_KEY: SECRET };
    expect(() => readSettings(environment)).toThrow(/runtime\.users needs a sidecar that runs as root.*it runs as user 1000/);
    const odd = { ...config, runtime: { ...config.runtime, users: { first: 0, count: 1 } } };
    expect(() => readSettings({ ...environment, MCP_FLEET_SIDECAR: JSON.stringify(odd) })).toThrow(
      /runtime\.users must be first and count/,
    );
  } finally {
    if (getuid) process.getuid = getuid;
  }
});
