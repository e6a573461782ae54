import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openClient } from '../../checks/agent-client';
import { ledgerAt } from '../../checks/tables';
import { Ledger } from '../../ledger/ledger';
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

  it('ps lists every role, with sessions at the sidecars', async () => {
    const { processes } = JSON.parse((await cli(['ps', '--json'])).stdout) as { processes: Record<string, unknown>[] };
    expect(new Set(processes.map(({ role }) => role))).toEqual(new Set(['gateway', 'sidecar', 'server', 'lambda']));
    for (const { role, pid, sessions } of processes) {
      expect(pid).toEqual(expect.any(Number));
      if (role === 'sidecar') expect(sessions).toEqual(expect.any(Number));
    }
    expect((await cli(['ps'])).stdout).toMatch(/^ROLE +SERVER +TASK +PID +ADDRESS +SESSIONS\n/);
    expect(JSON.parse((await cli(['ps', '--json'])).stdout)).toMatchObject({ remoteServers: [] });
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
