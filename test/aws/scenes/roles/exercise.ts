import { randomUUID } from 'node:crypto';
import { ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import { ledgerAt, tablesOf } from '../../../../checks/tables';
import { Ledger } from '../../../../ledger/ledger';
import type { Permissions } from '../../../../local/iam/permissions';
import type { LocalAccount, ProcessRow } from '../../../../local/local-account';
import { eventually } from '../../../suites/waiting';

/** One kind of thing that a fleet does, with what is to come of it. */
export interface Exercise {
  readonly name: string;
  /** @throws where it does not come about */
  run(account: LocalAccount): Promise<void>;
}

const PATIENCE_MS = 60_000;

/** Whatever the programs of the example do under their roles, each kind once. */
export const EXERCISES: readonly Exercise[] = [
  { name: 'a transfer with a key is made', run: (account) => keyed(account, randomUUID()) },
  {
    name: 'the same key answers again, and when it is asked later',
    run: async (account) => {
      const key = randomUUID();
      await keyed(account, key);
      await keyed(account, key);
      const headers = { authorization: `Bearer ${await account.token('treasury')}` };
      const answer = await fetch(`${account.baseUrl}/payments/calls/${key}`, { headers });
      const { outcome } = (await answer.json()) as { readonly outcome?: string };
      if (outcome !== 'confirmed') throw new Error(`asked later, it is ${outcome}`);
    },
  },
  {
    name: 'a read is answered, and found in the journal',
    run: (account) =>
      inSession(account, 'treasury', 'payments', async (client) => {
        await done(client, 'balance', { account: 'vendors' });
        await done(client, 'find_transfer', { reference: randomUUID() });
      }),
  },
  {
    name: 'a transfer without a key is made',
    run: (account) => inSession(account, 'treasury', 'payments', async (client) => void (await done(client, 'transfer', TRANSFER))),
  },
  {
    name: 'a transfer is refunded',
    run: (account) =>
      inSession(account, 'treasury', 'payments', async (client) => {
        const { transferId } = (await done(client, 'transfer', TRANSFER)) as { readonly transferId: string };
        await done(client, 'refund', { transferId, reason: 'a drill' });
      }),
  },
  {
    name: 'a session outlives its instance',
    run: (account) =>
      inSession(account, 'treasury', 'payments', async (client) => {
        await done(client, 'balance', { account: 'vendors' });
        for (const { pid } of await rowsOf(account, 'sidecar', 'payments')) await account.kill(pid);
        await eventually(
          'it answers again',
          async () =>
            await done(client, 'balance', { account: 'vendors' }).then(
              () => true,
              () => false,
            ),
          PATIENCE_MS,
        );
      }),
  },
  ...['everything', 'memory', 'payments'].map((server) => ({
    name: `an instance of ${server} is replaced`,
    run: (account: LocalAccount) => replaced(account, 'sidecar', server),
  })),
  { name: 'a gateway is replaced', run: (account) => replaced(account, 'gateway') },
  ...['everything', 'memory', 'payments'].map((server) => ({
    name: `a session keeps an instance of ${server}`,
    run: (account: LocalAccount) => keepsInstance(account, server),
  })),
  { name: 'the janitor ends what a gateway has left', run: (account) => abandoned(account) },
  { name: 'the archive takes what is written', run: (account) => archived(account) },
  {
    name: 'the archive goes on where another archiver has left it',
    run: async (account) => {
      for (const { pid, task } of await account.processes()) if (task.includes('LedgerArchiver')) process.kill(pid, 'SIGKILL');
      await archived(account);
    },
  },
  {
    name: 'each key of the fleet is rotated',
    run: async (account) => {
      const secrets = Object.entries(account.templates.Acme?.Resources ?? {}).filter(
        ([, { Type }]) => Type === 'AWS::SecretsManager::RotationSchedule',
      );
      for (const [, { Properties }] of secrets)
        await account.rotateSecret(`Acme/${(Properties as { readonly SecretId: { readonly Ref: string } }).SecretId.Ref}`);
    },
  },
];

const TRANSFER = { from: 'operating', to: 'vendors', amount: 7, currency: 'EUR' };

async function keyed(account: LocalAccount, key: string): Promise<void> {
  await inSession(account, 'treasury', 'payments', async (client) => {
    await done(client, 'transfer', TRANSFER, { 'cdk-mcp-fleet/idempotencyKey': key });
  });
}

async function inSession<T>(account: LocalAccount, agent: string, server: string, work: (client: Client) => Promise<T>): Promise<T> {
  const headers = { authorization: `Bearer ${await account.token(agent)}` };
  const transport = new StreamableHTTPClientTransport(new URL(`${account.baseUrl}/${server}/mcp`), { requestInit: { headers } });
  const client = new Client({ name: 'exercise', version: '1' });
  await client.connect(transport as Transport);
  try {
    return await work(client);
  } finally {
    await transport.terminateSession().catch(() => undefined);
    await client.close();
  }
}

async function done(
  client: Client,
  name: string,
  args: Readonly<Record<string, unknown>>,
  _meta?: Readonly<Record<string, unknown>>,
): Promise<unknown> {
  const { isError, content, structuredContent } = await client.callTool({ name, arguments: args, ...(_meta && { _meta }) });
  if (isError) throw new Error(`${name}: ${JSON.stringify(content)}`);
  return structuredContent;
}

async function rowsOf(account: LocalAccount, role: ProcessRow['role'], server?: string): Promise<readonly ProcessRow[]> {
  return (await account.processes()).filter((row) => row.role === role && row.server === server);
}

/** All of them are killed, and another one serves in their place. */
async function replaced(account: LocalAccount, role: 'gateway' | 'sidecar', server?: string): Promise<void> {
  const victims = await rowsOf(account, role, server);
  if (victims.length === 0) throw new Error(`there is no ${role} to kill`);
  for (const { pid } of victims) await account.kill(pid);
  const known = new Set(victims.map(({ pid }) => pid));
  await eventually(
    `another ${role} serves`,
    async () => {
      for (const { pid, address } of await rowsOf(account, role, server))
        if (!known.has(pid) && address !== undefined && (await isHealthy(address, role))) return true;
      return false;
    },
    PATIENCE_MS,
  );
}

async function isHealthy(address: string, role: 'gateway' | 'sidecar'): Promise<boolean> {
  const path = role === 'gateway' ? '/healthz' : '/readyz';
  return await fetch(`http://${address}${path}`).then(
    ({ ok }) => ok,
    () => false,
  );
}

/**
 * A sidecar that holds a session tells ECS, and asks whether it is being replaced. A new instance, for who has started it an instance asks once.
 * @throws where it was refused
 */
async function keepsInstance(account: LocalAccount, server: string): Promise<void> {
  const before = await account.permissions();
  await replaced(account, 'sidecar', server);
  await inSession(account, server === 'payments' ? 'treasury' : 'research', server, async (client) => {
    await client.listTools();
    await eventually(`a sidecar of ${server} has asked ECS`, () => hasAskedEcs(account, server, before), PATIENCE_MS);
  });
}

/** @throws where it was refused */
async function hasAskedEcs(account: LocalAccount, server: string, before: Permissions): Promise<boolean> {
  const { permissions, refused } = await account.permissions();
  const isItsOwn = (role: string, action: string): boolean => role.includes(`Mcp${server}TaskTaskRole`) && ASKED_OF_ECS.includes(action);
  const timesBefore = (one: Refusal): number =>
    before.refused.find(({ who, action, resource }) => who === one.who && action === one.action && resource === one.resource)?.times ?? 0;
  if (refused.some((one) => isItsOwn(one.who, one.action) && one.times > timesBefore(one)))
    throw new Error(`a sidecar of ${server} was refused`);
  const used = (row: Row): number => before.permissions.find((old) => isSame(old, row))?.used ?? 0;
  return permissions.filter(({ role, action }) => isItsOwn(role, action)).every((row) => row.used > used(row));
}

const ASKED_OF_ECS = ['ecs:UpdateTaskProtection', 'ecs:DescribeTasks', 'ecs:DescribeServices'];

type Row = Permissions['permissions'][number];
type Refusal = Permissions['refused'][number];

export function isSame(one: Row, other: Row): boolean {
  return one.policy === other.policy && one.statement === other.statement && one.action === other.action;
}

/** A claim whose gateway died an hour ago. */
async function abandoned(account: LocalAccount): Promise<void> {
  const pk = await leaveBehind(account, randomUUID(), 'sent');
  await eventually('it is unknown', async () => (await tablesOf(account).row(pk))?.state === 'unknown', PATIENCE_MS);
}

/** @returns the key of its row */
export async function leaveBehind(account: LocalAccount, key: string, state: 'sent' | 'unknown'): Promise<string> {
  const at = Date.now() - 3_600_000;
  const pk = `payments#nobody#k:${key}`;
  await new Ledger(ledgerAt(account.dynamodbUrl, account.tables), { name: 'test', now: Date.now }).append({
    ...{
      pk,
      callId: `call-${key}`,
      idempotencyKey: key,
      server: 'payments',
      agent: 'nobody',
      issuer: 'https://issuer.test',
      subject: 'nobody',
    },
    ...{ tool: 'transfer', argumentsDigest: 'd', arguments: '{}', stateChanging: true, state, fence: 'f', owner: 'dead' },
    ...{ claimedAt: at, sentAt: at, leaseUntil: at + 960_000 },
    ...(state === 'unknown' && { settledAt: at + 6_000, reason: 'its answer was lost' }),
  });
  return pk;
}

/** A call more is an object more. */
async function archived(account: LocalAccount): Promise<void> {
  const environment = account.awsEnvironment();
  const credentials = { accessKeyId: environment.AWS_ACCESS_KEY_ID ?? '', secretAccessKey: environment.AWS_SECRET_ACCESS_KEY ?? '' };
  const client = new S3Client({ endpoint: environment.AWS_ENDPOINT_URL ?? '', region: 'us-east-1', credentials, forcePathStyle: true });
  const count = async (): Promise<number> => (await client.send(new ListObjectsV2Command({ Bucket: account.archive ?? '' }))).KeyCount ?? 0;
  const before = await count();
  await keyed(account, randomUUID());
  await eventually('an object is there', async () => (await count()) > before, PATIENCE_MS);
  client.destroy();
}
