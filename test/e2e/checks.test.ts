import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { describe, expect, it } from '@jest/globals';
import { type CheckResult, type CheckStatus, runChecks } from '../../checks';
import { agentId } from '../../core/agent';
import type { LocalAccount } from '../../local/local-account';
import { startLocalAccount } from '../../local/start';
import { AUDIENCE, alter, CARELESS, type Company, HEALTHY, synthesize, type Template } from './checked/fleets';

/** Verdicts by check, 1 to 8; what is not built yet is so on every fleet. */
const EXPECTED: Readonly<Record<string, readonly CheckStatus[]>> = {
  'no server and no agent': [
    'not_probed',
    'not_probed',
    'not_probed',
    'not_probed',
    'not_probed',
    'not_probed',
    'not_probed',
    'not_probed',
  ],
  'a server that nobody may use': [
    'not_probed',
    'not_probed',
    'not_probed',
    'not_probed',
    'pass',
    'not_probed',
    'not_probed',
    'not_probed',
  ],
  'agents that may use nothing': ['not_probed', 'not_probed', 'not_probed', 'pass', 'pass', 'pass', 'not_probed', 'not_probed'],
  'remote servers only': ['not_probed', 'not_probed', 'not_probed', 'pass', 'not_probed', 'pass', 'not_probed', 'not_probed'],
  'stdio servers only, without probes': ['pass', 'pass', 'not_probed', 'pass', 'pass', 'pass', 'not_probed', 'not_probed'],
  'a server that keeps no sessions, and a tool granted for a time that is over': [
    'not_probed',
    'not_probed',
    'not_probed',
    'pass',
    'pass',
    'pass',
    'not_probed',
    'not_probed',
  ],
  'everything declared': ['pass', 'pass', 'pass', 'pass', 'pass', 'pass', 'pass', 'pass'],
};

describe('on a healthy fleet no check fails, and each says what it could not see', () => {
  it.each(HEALTHY)('$name', async (company) => {
    const results = await checked(company);
    expect(results.flatMap(({ failures = [] }) => failures)).toEqual([]);
    expect(results.map(({ status }) => status)).toEqual(EXPECTED[company.name]);
    for (const { status, notProbed = [], evidence } of results) {
      expect(Object.keys(evidence)).not.toEqual([]);
      if (status === 'not_probed') expect(notProbed).not.toEqual([]);
      for (const sentence of notProbed) expect(sentence).toMatch(/^[A-Za-z]\S* [\s\S]{20,}/);
    }
  });
});

describe('what is broken is found', () => {
  it('a secret in a log, a row that somebody added, and scaling on CPU: each by its own check', async () => {
    const results = await checked(CARELESS, {
      change: scaleOnCpu,
      meddle: async (account) => {
        await allow(account, account.principal('eve'), 'note');
        await allow(account, { issuer: 'https://login.company.example', subject: 'stranger' }, '*');
      },
    });
    expect(failuresOf(results)).toMatchObject({
      2: expect.arrayContaining([expect.stringMatching(/^notes scales on ECSServiceAverageCPUUtilization/)]),
      4: expect.arrayContaining([
        expect.stringMatching(/^The allowlist lets eve call on notes note, which is not in construct code \(row notes#allow#hand/),
        expect.stringMatching(/^The allowlist lets \S{32} call on notes \*, which is not in construct code/),
        expect.stringMatching(/^eve on notes with v1, without a grant for it, got a connection/),
      ]),
      5: expect.arrayContaining([expect.stringMatching(/^The value of API_KEY of notes stands in \S+\.log$/)]),
    });
    for (const sound of [1, 3, 8]) expect(failuresOf(results)).not.toHaveProperty(String(sound));
  });

  it('a gateway that is told another audience', async () => {
    const results = await checked(HEALTHY.at(-1) as Company, { change: tellGatewayAnotherAudience });
    expect(failuresOf(results)).toMatchObject({
      1: expect.arrayContaining([expect.stringMatching(/agents did not get a session although they have a grant/)]),
      4: expect.arrayContaining([expect.stringMatching(/^ada on notes with v1, which has a grant for it, got /)]),
      6: expect.arrayContaining([expect.stringMatching(/refused calls are not in the ledger as they were made/)]),
    });
  });
});

interface Harm {
  readonly change?: (template: Template) => void;
  readonly meddle?: (account: LocalAccount) => Promise<void>;
}

async function checked(company: Company, { change, meddle }: Harm = {}): Promise<readonly CheckResult[]> {
  const scratch = mkdtempSync(join(tmpdir(), 'checked-'));
  const assembly = synthesize(company, scratch);
  if (change) alter(assembly, change);
  const account = await startLocalAccount({ assembly, port: 0, controlFolder: scratch });
  try {
    await meddle?.(account);
    return await runChecks(account, { mayKill: true });
  } finally {
    await account.stop();
  }
}

function failuresOf(results: readonly CheckResult[]): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries(results.flatMap(({ id, failures }) => (failures === undefined ? [] : [[id, failures]])));
}

async function allow({ dynamodbUrl, tables }: LocalAccount, principal: { issuer: string; subject: string }, tool: string): Promise<void> {
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const client = new DynamoDBClient({ endpoint: dynamodbUrl, region: 'us-east-1', credentials });
  const row = { agent: agentId(principal), entry: 'notes#allow#hand', server: 'notes', effect: 'allow', tools: [tool], source: 'hand' };
  await client.send(new PutItemCommand({ TableName: tables.allowlist, Item: marshall({ ...row, ...principal }) }));
}

function scaleOnCpu({ Resources }: Template): void {
  const policies = Object.values(Resources).filter(({ Type }) => Type === 'AWS::ApplicationAutoScaling::ScalingPolicy');
  // The gateway's own follow CPU, as they should.
  const policy = policies.find(({ Properties }) => Properties.TargetTrackingScalingPolicyConfiguration?.CustomizedMetricSpecification);
  if (policy === undefined) throw new Error('nothing scales');
  policy.Properties.TargetTrackingScalingPolicyConfiguration = CPU;
}

const CPU = { TargetValue: 70, PredefinedMetricSpecification: { PredefinedMetricType: 'ECSServiceAverageCPUUtilization' } };

function tellGatewayAnotherAudience({ Resources }: Template): void {
  const containers = Object.values(Resources).flatMap(({ Properties }) => Properties?.ContainerDefinitions ?? []);
  const variables = containers.flatMap(({ Environment = [] }) => Environment);
  const config = variables.find(({ Name }: { Name: string }) => Name === 'MCP_FLEET_CONFIG');
  const changed = JSON.stringify(config.Value).replaceAll(AUDIENCE, 'https://another.example');
  if (changed === JSON.stringify(config.Value)) throw new Error('the gateway is told no audience');
  config.Value = JSON.parse(changed);
}
