import { join } from 'node:path';
import { CloudWatchLogsClient, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { Stack } from 'aws-cdk-lib';
import { AccountRootPrincipal, Role } from 'aws-cdk-lib/aws-iam';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { ledgerAt } from '../../checks/tables';
import { Ledger } from '../../ledger/ledger';
import { newApp, smallFleet } from '../apps/company';
import { teamStack } from '../apps/teams';
import { scratchFolder } from '../local/fixtures/assembly';
import { eventually } from '../suites/waiting';
import { cli, type Fleet, startFleet } from './fleet';

/** Operators of a fleet look after servers that stand in stacks of teams, under a role of the fleet's stack that knows nothing of these. */

const STACK = ['--stack', 'Fleet', '--region', 'us-east-1'];

let fleet: Fleet;
let operator: Readonly<Record<string, string>>;

beforeAll(async () => {
  const assembly = join(scratchFolder(), 'cdk.out');
  const app = newApp(assembly);
  const stack = new Stack(app, 'Fleet');
  const tools = smallFleet(stack, 'tools');
  tools.grantOperate(new Role(stack, 'Operator', { assumedBy: new AccountRootPrincipal() }));
  const agent = tools.addAgent('asker', { subject: 'agent-asker' });
  new LogGroup(teamStack(app, 'Team', ['reports'], { fleet: tools, agent }), 'Others', { logGroupName: 'others' });
  app.synth();
  fleet = await startFleet('--no-checks', '--assembly', assembly);
  operator = await fleet.account.roleEnvironment('Operator');
});

afterAll(() => fleet?.stop());

const operate = (...args: readonly string[]) => cli([...args, ...STACK], { env: operator });

it('logs tell what they write', async () => {
  const lines = await eventually(
    'the sidecar has written',
    async () => {
      const { code, stdout, stderr } = await operate('logs', 'reports', '--since', '1h', '--json');
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      return stdout === '' ? undefined : stdout.trim().split('\n');
    },
    60_000,
  );
  expect(new Set(lines.map((line) => JSON.parse(line).server))).toEqual(new Set(['reports']));
  expect(await operate('logs', 'nobody')).toMatchObject({ code: 2, stderr: expect.stringContaining('reports') });
});

it('ledger unknown tells of their calls', async () => {
  await unknownCall('order-1');
  const told = await eventually(
    'ledger unknown tells of it',
    async () => {
      const { code, stdout } = await operate('ledger', 'unknown');
      expect(code).toBe(0);
      return stdout.includes('order-1') ? stdout : undefined;
    },
    60_000,
  );
  expect(told).toContain('reports');
});

it('tools approve tells what of them waits for a review', async () => {
  const approve = await operate('tools', 'approve', 'reports', '--dry-run', '--json', '--file', join(scratchFolder(), 'tools.json'));
  expect({ ...approve, stdout: JSON.parse(approve.stdout) }).toMatchObject({ code: 0, stdout: { server: 'reports', pending: [] } });
});

it('no log group without the tag of the fleet is open to them, and nothing that they needed was refused', async () => {
  expect((await fleet.account.permissions()).refused.filter(({ who }) => who.includes('Operator'))).toEqual([]);
  const { AWS_ACCESS_KEY_ID = '', AWS_SECRET_ACCESS_KEY = '', AWS_SESSION_TOKEN = '', AWS_ENDPOINT_URL = '' } = operator;
  const credentials = { accessKeyId: AWS_ACCESS_KEY_ID, secretAccessKey: AWS_SECRET_ACCESS_KEY, sessionToken: AWS_SESSION_TOKEN };
  const logs = new CloudWatchLogsClient({ region: 'us-east-1', endpoint: AWS_ENDPOINT_URL, credentials });
  await expect(logs.send(new FilterLogEventsCommand({ logGroupName: 'others' }))).rejects.toMatchObject({ name: 'AccessDeniedException' });
});

/** A row as a gateway leaves it that was killed an hour ago, and whose instance is gone too. */
async function unknownCall(key: string): Promise<void> {
  const { dynamodbUrl, tables } = fleet.account;
  const at = Date.now() - 3_600_000;
  await new Ledger(ledgerAt(dynamodbUrl, tables), { name: 'test', now: Date.now }).append({
    ...{ pk: `reports#nobody#k:${key}`, callId: `call-${key}`, idempotencyKey: key, server: 'reports', agent: 'nobody', subject: 'nobody' },
    ...{ issuer: 'https://issuer.test', tool: 'send', argumentsDigest: 'd', arguments: '{}', stateChanging: true, state: 'unknown' },
    ...{
      fence: 'f',
      owner: 'dead',
      claimedAt: at,
      sentAt: at,
      settledAt: at + 6_000,
      leaseUntil: at + 960_000,
      reason: 'its answer was lost',
    },
  });
}
