import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CreateTableCommand, DynamoDBClient, PutItemCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { agentId } from '../../core/agent';
import type { AllowlistEntry } from '../../core/policy';

const dynalite = require('dynalite') as (options: object) => Server;

export const ISSUER = 'https://login.example.com/';
export const TABLE = 'allowlist';
export const DIRECTORY = 'directory';

/** A real table in dynalite, with the keys of the template. */
export async function startAllowlist() {
  const server = dynalite({ createTableMs: 0 });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const client = new DynamoDBClient({ endpoint, region: 'eu-central-1', credentials: { accessKeyId: 'local', secretAccessKey: 'local' } });
  await client.send(
    new CreateTableCommand({
      TableName: TABLE,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [
        { AttributeName: 'agent', AttributeType: 'S' },
        { AttributeName: 'entry', AttributeType: 'S' },
      ],
      KeySchema: [
        { AttributeName: 'agent', KeyType: 'HASH' },
        { AttributeName: 'entry', KeyType: 'RANGE' },
      ],
    }),
  );
  await client.send(
    new CreateTableCommand({
      TableName: DIRECTORY,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [{ AttributeName: 'session', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'session', KeyType: 'HASH' }],
    }),
  );
  return {
    environment: { ALLOWLIST_TABLE: TABLE, DIRECTORY_TABLE: DIRECTORY, AWS_ENDPOINT_URL_DYNAMODB: endpoint },
    client,
    put: (entry: AllowlistEntry) =>
      client.send(new PutItemCommand({ TableName: TABLE, Item: marshall(entry, { removeUndefinedValues: true }) })),
    rows: async () =>
      ((await client.send(new ScanCommand({ TableName: TABLE }))).Items ?? [])
        .map((item) => unmarshall(item))
        .sort((a, b) => (a.agent + a.entry < b.agent + b.entry ? -1 : 1)),
    stop: async () => {
      client.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** One row of an agent, as construct code or an operator writes it. */
export function entry(
  subject: string,
  server: string,
  effect: 'allow' | 'deny',
  tools: string[],
  more: Partial<AllowlistEntry> = {},
): AllowlistEntry {
  const source = more.source ?? 'cdk';
  return {
    agent: agentId({ issuer: ISSUER, subject }),
    entry: `${server}#${effect}#${source}`,
    server,
    effect,
    tools,
    source,
    issuer: ISSUER,
    subject,
    ...more,
  };
}
