import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import type { FleetPlan } from '../../bin/plan/fleet-plan';
import { openClient } from '../../checks/agent-client';
import { ledgerAt } from '../../checks/tables';
import { Ledger } from '../../ledger/ledger';
import { eventually } from '../suites/waiting';
import { cli, type Fleet, ROOT, startFleet } from './fleet';

/** The commands that people type beside a running account. */

let fleet: Fleet;

beforeAll(async () => {
  fleet = await startFleet('--no-checks');
});

afterAll(async () => {
  await fleet?.stop();
});

describe('beside a running account', () => {
  it('local --json says what it serves', () => {
    const events = fleet
      .output()
      .trim()
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line));
    expect(events.filter(({ event }) => event === 'phase').length).toBeGreaterThan(2);
    expect(events.at(-1)).toMatchObject({
      event: 'ready',
      baseUrl: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
      servers: expect.arrayContaining(['everything', 'memory', 'payments']),
      agents: expect.arrayContaining(['research', 'support', 'treasury']),
    });
  });

  it('env runs a command with the account as its AWS, and passes its exit code on', async () => {
    const program = 'console.log(process.env.AWS_ENDPOINT_URL, process.env.AWS_PROFILE, process.env.CDK_DEFAULT_ACCOUNT); process.exit(7)';
    const ran = await cli(['env', '--', process.execPath, '-e', program], { env: { AWS_PROFILE: 'prod' } });
    expect(ran).toMatchObject({ code: 7, stdout: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+ undefined 000000000000\n$/) });
    expect(ran.stderr).toContain('without AWS_PROFILE');
    const { environment } = JSON.parse((await cli(['env', '--json'])).stdout) as { environment: Record<string, string> };
    const printed = await cli(['env'], { env: { AWS_PROFILE: 'prod' } });
    expect(printed.stdout).toContain(`export AWS_ACCESS_KEY_ID='${environment.AWS_ACCESS_KEY_ID}'\n`);
    expect(printed.stderr).toContain('unset AWS_PROFILE');
    expect((await cli(['env', '--unset'])).stdout).toMatch(/^unset .*\bAWS_ENDPOINT_URL\b/);
  });

  it('token prints a token that opens the door, and ledger shows the call made with it', async () => {
    const { stdout: token } = await cli(['token', 'treasury', '--ttl', '2m']);
    const client = await openClient('v2-modern', `${fleet.baseUrl}/payments/mcp`, token.trim());
    const transfer = { from: 'operating', to: 'vendors', amount: 31, currency: 'EUR' };
    expect(await client.call('transfer', transfer, { key: 'order-31' })).toMatchObject({ kind: 'result', isError: false });
    await client.close();

    const shown = await cli(['ledger', 'show', 'order-31', '--json']);
    const { calls } = JSON.parse(shown.stdout) as { calls: Record<string, unknown>[] };
    expect(calls).toMatchObject([
      { idempotencyKey: 'order-31', tool: 'transfer', state: 'confirmed', arguments: JSON.stringify(transfer) },
    ]);
    const people = await cli(['ledger', 'show', String(calls[0]?.callId)]);
    expect(people.stdout).toMatch(/key +order-31[\s\S]*sent[\s\S]*confirmed[\s\S]*transferId/);
    const tail = await cli(['ledger', 'tail', '-n', '1']);
    expect(tail.stdout).toMatch(/^\S+ {2}\S+ +payments\.transfer +confirmed .* key order-31\n$/);
  });

  it('ledger resolve settles by a person what nobody can tell, once, and keeps who said so', async () => {
    const nothing = await cli(['ledger', 'unknown']);
    expect([nothing.code, nothing.stdout]).toEqual([0, expect.stringMatching(/^Nothing is unknown/)]);
    const ledger = await unknownCall('order-32');
    const listed = await cli(['ledger', 'unknown']);
    expect([listed.code, listed.stdout]).toEqual([0, expect.stringMatching(/^payments\.transfer {2}nobody {2}key "order-32"\n/)]);
    expect(listed.stdout).toMatch(/its answer was lost[\s\S]*mcp-fleet ledger resolve order-32 --outcome/);
    const resolve = ['ledger', 'resolve', 'order-32', '--outcome', 'confirmed', '--by', 'ada'];
    expect(await cli(resolve)).toMatchObject({ code: 2, stderr: expect.stringContaining('--reason') });
    const { code, stdout } = await cli([...resolve, '--reason', 'the bank shows it', '--json']);
    expect([code, JSON.parse(stdout)]).toMatchObject([
      0,
      { call: { state: 'confirmed', reason: 'its answer was lost', resolvedBy: 'ada', resolutionReason: 'the bank shows it' } },
    ]);
    expect(await cli([...resolve, '--reason', 'again'])).toMatchObject({ code: 3, stderr: expect.stringContaining('not unknown') });
    expect(await cli(['ledger', 'resolve', 'never', ...resolve.slice(3), '--reason', 'x'])).toMatchObject({ code: 3, stdout: '' });
    expect((await cli(['ledger', 'show', 'order-32'])).stdout).toMatch(/unknown[\s\S]*confirmed +by ada: the bank shows it/);
    expect(await ledger.read('payments#nobody#k:order-32')).toMatchObject({ fence: 'f' });
    expect(JSON.parse((await cli(['ledger', 'unknown', '--json'])).stdout)).toEqual({ calls: [] });
  });

  it('ledger query and export tell the calls of an agent, a tool and a time', async () => {
    const client = await openClient('v2-modern', `${fleet.baseUrl}/payments/mcp`, await fleet.account.token('treasury'));
    await client.call('transfer', { from: 'operating', to: 'vendors', amount: 2, currency: 'EUR' }, { key: '=order-33' });
    await client.close();
    const filter = ['--agent', 'treasury', '--server', 'payments', '--tool', 'transfer', '--since', '1h', '--outcome', 'confirmed'];
    const { calls } = JSON.parse((await cli(['ledger', 'query', ...filter, '--json'])).stdout) as { calls: { idempotencyKey?: string }[] };
    expect(calls.at(-1)).toMatchObject({ idempotencyKey: '=order-33', tool: 'transfer', arguments: expect.stringContaining('vendors') });
    expect((await cli(['ledger', 'query', ...filter, '-n', '1'])).stdout).toMatch(/payments\.transfer +confirmed .*key =order-33\n/);
    expect((await cli(['ledger', 'query', ...filter, '--csv'])).stdout).toMatch(/^claimedAt,settledAt,[\s\S]*,'=order-33,/);
    expect((await cli(['ledger', 'query', '--since', '2999-01-01'])).stdout).toMatch(/^No call of \d+ is like that\.\n$/);
    expect(await cli(['ledger', 'query', '--agent', 'nobody'])).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/nobody.*allowed: .*treasury/),
    });
    expect(await cli(['ledger', 'query', '--since', 'yesterday'])).toMatchObject({ code: 2, stderr: expect.stringContaining('ISO 8601') });

    const folder = mkdtempSync(join(tmpdir(), 'ledger-'));
    const file = join(folder, 'calls.jsonl');
    expect(await cli(['ledger', 'export', file, ...filter])).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^Wrote \d+ of \d+ calls/),
    });
    const lines = readFileSync(file, 'utf8')
      .trim()
      .split('\n')
      .map((text) => JSON.parse(text));
    expect(lines).toContainEqual(expect.objectContaining({ idempotencyKey: '=order-33', state: 'confirmed' }));
    expect(await cli(['ledger', 'export', file])).toMatchObject({ code: 2, stderr: expect.stringContaining('--force') });
    rmSync(folder, { recursive: true });

    const shown = ['ledger', 'show', '=order-33', '--json'];
    expect((await cli([...shown, '--agent', 'treasury', '--server', 'payments'])).code).toBe(0);
    expect(await cli([...shown, '--server', 'memory'])).toMatchObject({ code: 3, stderr: expect.stringContaining('server "memory"') });
  });

  it('freeze stops what changes state at every gateway, without a deploy, and unfreeze lets it go on', async () => {
    const client = await openClient('v2-modern', `${fleet.baseUrl}/payments/mcp`, await fleet.account.token('treasury'));
    const transfer = { from: 'operating', to: 'vendors', amount: 1, currency: 'EUR' };
    const write = async (key: string) => client.call('transfer', transfer, { key });
    expect(await write('before-the-freeze')).toMatchObject({ kind: 'result' });
    const wrong = await cli(['freeze', '--server', 'paymets']);
    expect(wrong).toMatchObject({ code: 2, stderr: expect.stringMatching(/paymets.*allowed: .*payments/) });
    const scope = ['--server', 'payments', '--tool', 'transfer'];
    const ordered = await cli(['freeze', ...scope, '--reason', 'the bank asks', '--by', 'ada']);
    expect([ordered.code, ordered.stdout]).toEqual([0, expect.stringMatching(/^Frozen: "transfer" of "payments"\./)]);
    // Each gateway has obeyed when so many in a row were refused: the balancer goes from one to the next.
    for (let frozen = 0, call = 0; frozen < 10; call++) frozen = (await write(`frozen-${call}`)).kind === 'error' ? frozen + 1 : 0;
    expect(await write('frozen')).toMatchObject({ kind: 'error', code: 423, data: { reason: expect.stringContaining('the bank asks') } });
    expect(await write('before-the-freeze')).toMatchObject({ kind: 'result' });
    expect(await client.call('balance', { account: 'vendors' })).toMatchObject({ kind: 'result' });
    expect((await cli(['freeze', '--list'])).stdout).toMatch(/^SERVER +TOOL[^\n]*\npayments +transfer +\S+ +ada +the bank asks\n$/);
    expect(await cli(['unfreeze'])).toMatchObject({
      code: 3,
      stderr: expect.stringMatching(/every server[\s\S]*"transfer" of "payments"/),
    });
    expect((await cli(['unfreeze', ...scope])).code).toBe(0);
    expect(JSON.parse((await cli(['freeze', '--list', '--json'])).stdout)).toEqual({ freezes: [] });
    await eventually('the key that was frozen runs', async () => (await write('frozen')).kind === 'result', 30_000);
    await client.close();
  });

  it('ledger restored wants a frozen fleet, and is noted and settled', async () => {
    const restored = ['ledger', 'restored', '--at', '2026-01-01T00:00:00Z', '--json'];
    expect(await cli(restored)).toMatchObject({ code: 3, stderr: expect.stringMatching(/not frozen[\s\S]*fix/) });
    expect(await cli(['ledger', 'restored', '--at', 'yesterday'])).toMatchObject({ code: 2 });
    expect((await cli(['freeze'])).code).toBe(0);
    const noted = await cli(restored);
    expect([noted.code, JSON.parse(noted.stdout)]).toMatchObject([0, { epoch: { from: Date.parse('2026-01-01T00:00:00Z') } }]);
    expect(JSON.parse((await cli(['ledger', 'restored', '--settled', '--json'])).stdout)).toEqual({ epoch: null });
    expect((await cli(['ledger', 'restored', '--settled'])).code).toBe(3);
    expect((await cli(['unfreeze'])).code).toBe(0);
  });

  it('ps lists every role, with sessions at the sidecars', async () => {
    const { processes } = JSON.parse((await cli(['ps', '--json'])).stdout) as { processes: Record<string, unknown>[] };
    expect(new Set(processes.map(({ role }) => role))).toEqual(new Set(['gateway', 'sidecar', 'server', 'lambda']));
    for (const { role, pid, sessions, warm } of processes) {
      expect(pid).toEqual(expect.any(Number));
      if (role === 'sidecar') expect(sessions).toEqual(expect.any(Number));
      // No server of Acme keeps any ready.
      expect(warm).toBeUndefined();
    }
    expect((await cli(['ps'])).stdout).toMatch(/^ROLE +SERVER +TASK +PID +ADDRESS +SESSIONS +WARM\n/);
    expect(JSON.parse((await cli(['ps', '--json'])).stdout)).toMatchObject({ remoteServers: [] });
  });

  it('tasks lists who holds how many sessions, and of one task what it has called', async () => {
    const task = 'report-17';
    const clients = await Promise.all(['everything', 'everything', 'memory'].map((server) => clientOfTask(server, task)));
    try {
      await clients[2]?.client.callTool({ name: 'read_graph', arguments: {} });
      const [found] = (JSON.parse((await cli(['tasks', '--json'])).stdout) as { tasks: object[] }).tasks;
      expect(found).toMatchObject({ task, agent: 'research', sessions: 3, servers: { everything: 2, memory: 1 }, budget: 50 });
      const listed = await cli(['tasks', '--agent', 'research', '--server', 'memory', '-n', '1']);
      expect(listed.stdout).toMatch(
        /^TASK +AGENT +SESSIONS +SERVERS +SINCE\nreport-17 +research +3 of 50 \(6 %\) +2 everything, 1 memory +\d/,
      );
      expect((await cli(['tasks', '--agent', 'treasury'])).stdout).toBe('No session is open.\n');
      const one = await cli(['tasks', task]);
      expect(one.stdout).toMatch(
        /^report-17 {2}research {2}3 of 50 \(6 %\) sessions\n\nSERVER +INSTANCE[\s\S]*memory\.read_graph +confirmed/,
      );
      const { tasks: stories } = JSON.parse((await cli(['tasks', task, '--json'])).stdout) as {
        tasks: { open: object[]; calls: object[] }[];
      };
      expect(stories).toEqual([
        expect.objectContaining({ open: expect.any(Array), calls: [expect.objectContaining({ tool: 'read_graph' })] }),
      ]);
      for (const session of stories[0]?.open ?? []) expect(session).not.toHaveProperty('cookie');
    } finally {
      for (const { client, transport } of clients) {
        await transport.terminateSession();
        await client.close();
      }
    }
    expect((await cli(['tasks', task])).stdout).toMatch(/^report-17 {2}research {2}0 of 50/);
    expect(await cli(['tasks', 'never'])).toMatchObject({ code: 3, stdout: '', stderr: expect.stringMatching(/"never"[\s\S]*fix/) });
    expect(await cli(['tasks', '--server', 'nowhere'])).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/nowhere.*allowed: .*memory/),
    });
    expect(await cli(['tasks', '--agent', 'nobody'])).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/nobody.*allowed: .*treasury/),
    });
  });

  it('plan replays what has come to the servers until now', async () => {
    const { client, transport } = await clientOfTask('memory', 'report-18');
    await client.callTool({ name: 'read_graph', arguments: {} });
    await transport.terminateSession();
    await client.close();
    const { code, stdout } = await cli(['plan', '--from-ledger', '10m', '--json']);
    const { servers } = JSON.parse(stdout) as FleetPlan;
    const memory = servers.find(({ server }) => server === 'memory');
    expect({ code, memory }).toMatchObject({ code: 0, memory: { replayed: { agents: 1, hours: 1 / 6 } } });
    expect(memory?.deployed.sessions.opened).toBe(memory?.replayed?.sessions);
    expect(memory).not.toHaveProperty('profile');
    expect((await cli(['plan', '--from-ledger', '10m', '--server', 'memory'])).stdout).toMatch(
      /as it was: \d+ sessions of 1 agents, \d+ calls/,
    );
  });

  it('ends quietly when its reader has had enough', async () => {
    const piped = spawn('bash', ['-c', 'node bin/mcp-fleet ledger tail -f | head -n 1'], { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] });
    let stderr = '';
    piped.stderr.on('data', (chunk: Buffer) => (stderr += chunk));
    const ended = once(piped, 'close');
    const client = await openClient('v2-modern', `${fleet.baseUrl}/payments/mcp`, await fleet.account.token('treasury'));
    // A row at a time: the writer notices at the next one that nobody reads any more.
    let over = false;
    void ended.then(() => (over = true));
    while (!over) await client.call('balance', { account: 'vendors' });
    await client.close();
    expect({ code: (await ended)[0], stderr }).toEqual({ code: 0, stderr: '' });
  });

  it('check proves the checks beside it, and leaves no session open', async () => {
    const { code, stdout } = await cli(['check', '--json']);
    const { fleet: name, checks } = JSON.parse(stdout) as { fleet: string; checks: { id: number; status: string; failures?: string[] }[] };
    expect({ name, code, failures: checks.flatMap(({ failures = [] }) => failures) }).toEqual({ name: 'acme', code: 0, failures: [] });
    const verdicts = Object.fromEntries(checks.map(({ id, status }) => [id, status]));
    expect(verdicts).toMatchObject({ 1: 'pass', 4: 'pass', 6: 'pass', 7: 'not_probed', 8: 'pass' });
    const sidecars = (await fleet.account.processes()).filter(({ role }) => role === 'sidecar');
    expect(sidecars.map(({ sessions }) => sessions)).toEqual(sidecars.map(() => 0));
  });

  it('refuses what does not exist', async () => {
    const agent = await cli(['token', 'nobody']);
    expect(agent).toMatchObject({ code: 2, stdout: '', stderr: expect.stringMatching(/nobody[\s\S]*treasury/) });
    expect(await cli(['ledger', 'show', 'never'])).toMatchObject({ code: 3, stdout: '', stderr: expect.stringContaining('"never"') });
  });
});

it('prints a client that works as it is pasted', async () => {
  const child = spawn(process.execPath, ['bin/mcp-fleet', 'local', '--no-checks', '--port', '0'], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'close');
  try {
    const output = await readUntil(child.stdout, 'Ctrl-C');
    const [snippet] = /^node --input-type[\s\S]*^JS$/m.exec(output) ?? [];
    const shell = spawn('bash', ['-c', String(snippet)], { cwd: ROOT, stdio: ['ignore', 'pipe', 'inherit'] });
    let printed = '';
    shell.stdout.on('data', (chunk: Buffer) => (printed += chunk));
    expect(await once(shell, 'close')).toEqual([0, null]);
    expect(printed).toMatch(/transfer/);
  } finally {
    child.kill('SIGTERM');
    await ended;
  }
});

/** A session of a plain SDK client that names its task. */
async function clientOfTask(server: string, task: string) {
  const headers = { authorization: `Bearer ${await fleet.account.token('research')}`, 'mcp-fleet-task': task };
  const transport = new StreamableHTTPClientTransport(new URL(`${fleet.baseUrl}/${server}/mcp`), { requestInit: { headers } });
  const client = new Client({ name: 'reporter', version: '1' });
  await client.connect(transport as Transport);
  return { client, transport };
}

/** A row as a gateway leaves it that was killed an hour ago, and whose instance is gone too. */
async function unknownCall(key: string): Promise<Ledger> {
  const { dynamodbUrl, tables } = fleet.account;
  const ledger = new Ledger(ledgerAt(dynamodbUrl, tables), { name: 'test', now: Date.now });
  const at = Date.now() - 3_600_000;
  await ledger.append({
    pk: `payments#nobody#k:${key}`,
    callId: `call-${key}`,
    idempotencyKey: key,
    server: 'payments',
    agent: 'nobody',
    issuer: 'https://issuer.test',
    subject: 'nobody',
    tool: 'transfer',
    argumentsDigest: 'd',
    arguments: '{}',
    stateChanging: true,
    state: 'unknown',
    fence: 'f',
    owner: 'dead',
    claimedAt: at,
    sentAt: at,
    settledAt: at + 6_000,
    leaseUntil: at + 960_000,
    reason: 'its answer was lost',
  });
  return ledger;
}

async function readUntil(stream: NodeJS.ReadableStream, mark: string): Promise<string> {
  let output = '';
  return await new Promise((resolve, reject) => {
    stream.on('data', (chunk: Buffer) => {
      output += chunk;
      if (output.includes(mark)) resolve(output);
    });
    stream.once('end', () => reject(new Error(`The output ended without "${mark}":\n${output}`)));
  });
}
