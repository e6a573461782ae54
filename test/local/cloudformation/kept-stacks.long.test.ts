import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  CloudFormationClient,
  CreateStackCommand,
  DescribeStacksCommand,
  waitUntilStackCreateComplete,
} from '@aws-sdk/client-cloudformation';
import { DynamoDBClient, ListTablesCommand, PutItemCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import { describe, expect, test } from '@jest/globals';
import type { LocalAccount } from '../../../local/local-account';
import { LOCAL_CREDENTIALS, OPERATOR_CREDENTIALS } from '../../../local/processes/credentials';
import { startLocalAccount } from '../../../local/start';
import { scratchFolder } from '../fixtures/assembly';
import { shopAssembly } from '../fixtures/shop';
import { table } from '../fixtures/stack-rig';

const LIMIT = 60_000;

/** One run of an account in a folder of state. */
async function run<Result>(
  persist: string,
  assembly: string | undefined,
  work: (account: LocalAccount) => Promise<Result>,
): Promise<Result> {
  const account = await startLocalAccount({
    ...(assembly !== undefined && { assembly }),
    port: 0,
    persist,
    controlFolder: scratchFolder(),
  });
  try {
    return await work(account);
  } finally {
    await account.stop();
  }
}

async function dynamodb<Result>(account: LocalAccount, work: (client: DynamoDBClient) => Promise<Result>): Promise<Result> {
  const client = new DynamoDBClient({ endpoint: account.dynamodbUrl, region: 'us-east-1', credentials: LOCAL_CREDENTIALS });
  return work(client).finally(() => client.destroy());
}

const rowsOf = (account: LocalAccount, TableName: string) =>
  dynamodb(account, async (client) => (await client.send(new ScanCommand({ TableName }))).Items?.map(({ pk }) => pk?.S));
const tablesOf = (account: LocalAccount) => dynamodb(account, async (client) => (await client.send(new ListTablesCommand({}))).TableNames);

describe('an account that persists', () => {
  test(
    'deploys the next assembly onto what the last one has left: rows stay, what is gone goes, what is retained stays',
    async () => {
      const persist = scratchFolder();
      const extra = (policy?: string) => ({
        Extra: table(policy === undefined ? {} : { DeletionPolicy: policy }),
        Kept: table({ DeletionPolicy: 'Retain' }),
      });
      const secret = await run(persist, shopAssembly({ resources: extra() }), async (account) => {
        await dynamodb(account, (client) =>
          client.send(new PutItemCommand({ TableName: account.tables.ledger, Item: { pk: { S: 'call' } } })),
        );
        return account.secretValue('Shop', 'ApiKey');
      });
      await run(persist, shopAssembly(), async (account) => {
        expect(await rowsOf(account, account.tables.ledger)).toEqual(['call']);
        expect(account.secretValue('Shop', 'ApiKey')).toBe(secret);
        expect(await tablesOf(account)).toEqual(expect.not.arrayContaining(['Shop-Extra']));
        expect(await tablesOf(account)).toContain('Shop-Kept');
      });
      await run(persist, shopAssembly({ resources: { Kept: table() } }), async (account) => {
        expect(account.physicalId('Shop', 'Kept')).toBe('Shop-Kept');
      });
      expect(statSync(join(persist, 'stacks.json')).mode & 0o777).toBe(0o600);
    },
    LIMIT * 2,
  );

  test(
    'has the stacks again that were deployed into it',
    async () => {
      const persist = scratchFolder();
      const StackName = 'Toolkit';
      const TemplateBody = JSON.stringify({
        Resources: { Version: { Type: 'AWS::SSM::Parameter', Properties: { Name: '/v', Value: '30', Type: 'String' } } },
        Outputs: { BootstrapVersion: { Value: { 'Fn::GetAtt': ['Version', 'Value'] } } },
      });
      const ask = async <Result>(account: LocalAccount, work: (client: CloudFormationClient) => Promise<Result>) => {
        const client = new CloudFormationClient({
          endpoint: account.awsEnvironment().AWS_ENDPOINT_URL as string,
          region: 'us-east-1',
          credentials: OPERATOR_CREDENTIALS,
        });
        return work(client).finally(() => client.destroy());
      };
      const describeStack = (account: LocalAccount) =>
        ask(account, async (client) => (await client.send(new DescribeStacksCommand({ StackName }))).Stacks?.[0]);
      const before = await run(persist, undefined, async (account) => {
        await ask(account, async (client) => {
          await client.send(new CreateStackCommand({ StackName, TemplateBody }));
          await waitUntilStackCreateComplete({ client, maxWaitTime: 10, minDelay: 1, maxDelay: 1 }, { StackName });
        });
        return describeStack(account);
      });
      expect(before?.Outputs).toMatchObject([{ OutputValue: '30' }]);
      const after = await run(persist, shopAssembly(), describeStack);
      expect(after).toMatchObject({ StackId: before?.StackId, StackStatus: 'CREATE_COMPLETE', Outputs: [{ OutputValue: '30' }] });
    },
    LIMIT,
  );

  test('says that its file is damaged, and leaves it', async () => {
    const persist = scratchFolder();
    writeFileSync(join(persist, 'stacks.json'), '{"version":');
    await expect(run(persist, undefined, async () => {})).rejects.toThrow(
      /stacks\.json cannot be read: it is damaged.*Remove it; tables and secrets stay/,
    );
    expect(readFileSync(join(persist, 'stacks.json'), 'utf8')).toBe('{"version":');
  });
});
