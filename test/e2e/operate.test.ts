import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import { ledgerAt } from '../../checks/tables';
import { Ledger } from '../../ledger/ledger';
import { NEVER_SEEN } from '../suites/never-seen';
import { eventually } from '../suites/waiting';
import { cli, type Fleet, startFleet } from './fleet';

/** What operators type for a fleet on AWS: the local account reached as AWS, which judges each call by what their role may do. */

const STACK = ['--stack', 'Acme', '--region', 'us-east-1'];

let fleet: Fleet;
let session: Client;
let folder: string;
/** The environment of a person with a role. */
type Person = Readonly<Record<string, string>>;
let operator: Person;
let auditor: Person;
let privacy: Person;

beforeAll(async () => {
  fleet = await startFleet('--no-checks');
  folder = mkdtempSync(join(tmpdir(), 'operate-'));
  const under = (role: string): Promise<Person> => fleet.account.roleEnvironment(role);
  [operator, auditor, privacy] = [await under('Operator'), await under('Auditor'), await under('Privacy')];
  session = new Client({ name: 'payday', version: '1' });
  const headers = { authorization: `Bearer ${await fleet.account.token('treasury')}`, 'mcp-fleet-task': 'payday' };
  const transport = new StreamableHTTPClientTransport(new URL(`${fleet.baseUrl}/payments/mcp`), { requestInit: { headers } });
  await session.connect(transport as Transport);
  const transfer = { from: 'operating', to: 'vendors', amount: 7, currency: 'EUR' };
  await session.callTool({ name: 'transfer', arguments: transfer, _meta: { 'cdk-mcp-fleet/idempotencyKey': 'order-7' } });
});

afterAll(async () => {
  await session?.close();
  await fleet?.stop();
  if (folder) rmSync(folder, { recursive: true });
});

const operate = (...args: string[]) => cli([...args, ...STACK], { env: operator });
const audit = (...args: string[]) => cli([...args, ...STACK], { env: auditor });

describe.each([
  ['grantOperate', () => operate],
  ['grantReadLedger', () => audit],
])('with what %s gives', (_, run) => {
  it.each(['tail', 'show', 'query', 'export', 'verify'])('ledger %s reads', async (command) => {
    await readsLedger(run(), command);
  });
});

describe('with what grantOperate gives, and nothing else', () => {
  it('ledger show finds a call by its key without a scan, and by its id with one', async () => {
    const { calls } = JSON.parse((await operate('ledger', 'show', 'order-7', '--json')).stdout) as { calls: { callId: string }[] };
    expect(calls).toMatchObject([{ idempotencyKey: 'order-7' }]);
    const byId = ['ledger', 'show', String(calls[0]?.callId)];
    expect(await operate(...byId, '--scan')).toMatchObject({ code: 0, stdout: expect.stringContaining('order-7') });
  });

  it('ps, sessions and tasks tell what runs, and who holds what', async () => {
    const ps = JSON.parse((await operate('ps', '--json')).stdout) as { services: object[]; tasks: { role: string; sessions?: number }[] };
    expect(ps.services).toContainEqual(expect.objectContaining({ role: 'server', server: 'payments', desired: expect.any(Number) }));
    expect(ps.services).toContainEqual(expect.objectContaining({ role: 'gateway', running: expect.any(Number) }));
    expect(ps.tasks.reduce((sum, { sessions = 0 }) => sum + sessions, 0)).toBeGreaterThan(0);
    expect((await operate('ps')).stdout).toMatch(/ROLE +SERVER +DESIRED[\s\S]*server +payments[\s\S]*SESSIONS\n/);
    expect((await operate('sessions')).stdout).toMatch(/payments +agent-treasury .* open/);
    expect((await operate('tasks', '--json')).stdout).toContain('"agent":"treasury"');
    expect((await operate('tasks', 'payday')).stdout).toContain('payments.transfer');
  });

  it('logs tell what containers write, by server', async () => {
    const lines = (await operate('logs', 'payments', '--since', '1h', '--json')).stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines.length).toBeGreaterThan(0);
    expect(new Set(lines.map(({ server }) => server))).toEqual(new Set(['payments']));
    expect(await operate('logs', 'nobody')).toMatchObject({ code: 2, stderr: expect.stringContaining('payments') });
  });

  it('explain, freeze and revoke hold at the gateways', async () => {
    const asked = ['explain', '--agent', 'treasury', '--server', 'payments', '--tool', 'transfer'];
    expect((await operate(...asked)).code).toBe(0);
    expect(await operate('freeze', '--server', 'payments', '--reason', 'a drill')).toMatchObject({ code: 0 });
    expect((await operate('freeze', '--list')).stdout).toMatch(/payments .* a drill/);
    expect(await operate('unfreeze', '--server', 'payments')).toMatchObject({ code: 0 });
    expect(await operate('ledger', 'restored', '--settled')).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('nothing to settle'),
    });
    expect(await operate('revoke', 'research', '--server', 'memory')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('cut off'),
    });
    expect((await operate('explain', '--agent', 'research', '--server', 'memory', '--tool', 'read_graph')).code).toBe(3);
    expect(await operate('revoke', 'research', '--server', 'memory', '--undo')).toMatchObject({ code: 0 });
    expect(await operate('revoke', 'nobody')).toMatchObject({ code: 2, stderr: expect.stringContaining('treasury') });
  });

  it('ledger resolve settles, by the command that ledger unknown names', async () => {
    await unknownCall('order-8');
    const stdout = await told(['ledger', 'unknown'], 'order-8', operate);
    const [, command = ''] = /mcp-fleet (ledger resolve order-8 .*)/.exec(stdout) ?? [];
    expect(command).toContain('--stack Acme --region us-east-1');
    const words = command.replace('confirmed|failed|not_executed', 'failed').replace('"…"', 'seen').split(' ');
    expect(await cli(words, { env: operator })).toMatchObject({ code: 0, stdout: expect.stringContaining('failed') });
    expect(await operate('ledger', 'resolve', 'order-7', '--outcome', 'failed', '--reason', 'x')).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('confirmed, not unknown'),
    });
  });

  it('tools shows what an agent sees with its own token, and approve what waits for a review', async () => {
    const env = { ...operator, MCP_FLEET_URL: fleet.baseUrl, MCP_FLEET_TOKEN: await fleet.account.token('support') };
    expect((await cli(['tools', 'support@payments', ...STACK], { env })).stdout).toContain('balance');
    const others = await cli(['tools', 'treasury@payments', ...STACK], { env });
    expect(others).toMatchObject({ code: 2, stderr: expect.stringContaining('"agent-support"') });
    expect(await operate('tools', 'support@payments')).toMatchObject({ code: 2, stderr: expect.stringContaining('MCP_FLEET_TOKEN') });
    const approve = await operate('tools', 'approve', 'payments', '--dry-run', '--json', '--file', join(folder, 'tools.json'));
    expect([approve.code, JSON.parse(approve.stdout)]).toMatchObject([0, { server: 'payments', pending: [] }]);
  });

  it('every verb of the grant is one that a command needs, and no call was refused', async () => {
    expect(await refusedTo('Operator')).toEqual([]);
    expect(await unusedOf('Operator')).toEqual([]);
  });
});

describe('with what grantReadLedger gives', () => {
  it('ledger unknown reads; every verb of the grant is used', async () => {
    await unknownCall('order-9');
    await told(['ledger', 'unknown'], 'order-9', audit);
    expect(await refusedTo('Auditor')).toEqual([]);
    expect(await unusedOf('Auditor')).toEqual([]);
  });

  it('nothing is settled, stopped or cut off, and it is said what is lacking', async () => {
    const commands = [
      ['ledger', 'resolve', 'order-9', '--outcome', 'failed', '--reason', 'x'],
      ['freeze'],
      ['revoke', 'treasury'],
      ['sessions'],
      ['ps'],
    ];
    for (const command of commands) {
      expect(await audit(...command)).toMatchObject({ code: 4, stderr: expect.stringContaining('AccessDenied') });
    }
    expect((await audit('sessions')).stderr).toContain('grantOperate');
    const refused = await refusedTo('Auditor');
    expect(refused).toContain('dynamodb:UpdateItem');
    expect(fleet.output()).toContain('is not authorized to perform: dynamodb:UpdateItem on resource');
  });
});

describe('with what grantShred gives, and nothing else', () => {
  it('ledger shred destroys a key, and no other command runs', async () => {
    const shred = ['ledger', 'shred', '--agent', 'treasury', '--reason', 'request 7', '--yes', ...STACK];
    expect(await cli(shred, { env: operator })).toMatchObject({
      code: 4,
      stderr: expect.stringContaining('AccessDenied'),
    });
    expect(await cli(shred, { env: privacy })).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('is destroyed'),
    });
    expect(await refusedTo('Privacy')).toEqual([]);
    expect(await unusedOf('Privacy')).toEqual([]);
    const query = ['ledger', 'query', '--archive', ...STACK];
    expect(await cli(query, { env: privacy })).toMatchObject({
      code: 4,
      stderr: expect.stringContaining('AccessDenied'),
    });
    expect(await audit('ledger', 'query', '--archive', '--json')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('"unread":"shredded"'),
    });
  });
});

describe('how a fleet on AWS is named', () => {
  it('by a profile, whose credentials and region are taken', async () => {
    const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, ...others } = operator;
    const { AWS_REGION: _, AWS_DEFAULT_REGION: __, ...rest } = others;
    const keys = {
      aws_access_key_id: AWS_ACCESS_KEY_ID,
      aws_secret_access_key: AWS_SECRET_ACCESS_KEY,
      aws_session_token: AWS_SESSION_TOKEN,
    };
    const lines = Object.entries(keys).map(([name, value]) => `${name} = ${value}\n`);
    writeFileSync(join(folder, 'credentials'), `[operations]\n${lines.join('')}`);
    writeFileSync(join(folder, 'config'), '[profile operations]\nregion = us-east-1\n');
    const env = { ...rest, AWS_SHARED_CREDENTIALS_FILE: join(folder, 'credentials'), AWS_CONFIG_FILE: join(folder, 'config') };
    expect((await cli(['sessions', '--stack', 'Acme', '--profile', 'operations'], { env })).code).toBe(0);
    expect(await cli(['sessions', '--stack', 'Acme', '--profile', 'nobody'], { env })).toMatchObject({ code: 4 });
  });

  it('not at all where the stack is not there, holds no such fleet, or is not named', async () => {
    const env = operator;
    expect(await cli(['sessions', '--region', 'us-east-1'])).toMatchObject({ code: 2, stderr: expect.stringContaining('--stack NAME') });
    expect(await cli(['sessions', ...STACK, '--fleet', 'other'], { env })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('acme'),
    });
    expect((await cli(['sessions', '--stack', 'Nowhere', '--region', 'us-east-1'], { env })).code).toBe(4);
  });
});

async function readsLedger(run: typeof operate, command: string): Promise<void> {
  const file = join(folder, `${command}-${Math.random()}.jsonl`);
  const args = { show: ['order-7'], export: [file], query: ['--agent', 'treasury'] }[command] ?? [];
  const output = await told(['ledger', command, ...args], { export: 'Wrote', verify: 'whole' }[command] ?? 'order-7', run);
  expect(command === 'export' ? readFileSync(file, 'utf8') : output).toContain(command === 'verify' ? 'records' : 'order-7');
}

/** What a command has said when it tells of something; the archive and the index come after the table. */
async function told(args: readonly string[], word: string, run: typeof operate): Promise<string> {
  const ask = async (): Promise<string | undefined> => {
    const { code, stdout, stderr } = await run(...args);
    expect([code, stderr]).toEqual([0, expect.anything()]);
    return stdout.includes(word) ? stdout : undefined;
  };
  return await eventually(`${args.join(' ')} tells of ${word}`, ask, 60_000);
}

/** What of a role's statements nobody has used; what DynamoDB does with a table's key by itself is not seen here. */
async function unusedOf(role: string): Promise<readonly string[]> {
  const { permissions } = await fleet.account.permissions();
  const own = permissions.filter((row) => row.role.includes(role) && row.used === 0);
  return own
    .filter(({ action }) => !NEVER_SEEN.some(({ action: never }) => never === action))
    .map(({ action, resources }) => `${action} ${resources[0]}`);
}

async function refusedTo(role: string): Promise<readonly string[]> {
  return (await fleet.account.permissions()).refused.filter(({ who }) => who.includes(role)).map(({ action }) => action);
}

/** A row as a gateway leaves it that was killed an hour ago, and whose instance is gone too. */
async function unknownCall(key: string): Promise<void> {
  const { dynamodbUrl, tables } = fleet.account;
  const at = Date.now() - 3_600_000;
  await new Ledger(ledgerAt(dynamodbUrl, tables), { name: 'test', now: Date.now }).append({
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
}
