import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CreateTableCommand, DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import dynalite from 'dynalite';
import { pino } from 'pino';
import type { AwsLimits } from '../../../core/aws-limits';
import { SIGHTINGS_KEY } from '../../../core/sightings';
import { type AwsClients, createAwsClients } from '../../../gateway/aws/clients';
import { Health } from '../../../gateway/aws/health';
import { sightingsBoard } from '../../../gateway/aws/sightings';
import { reaches } from '../../../gateway/upstream/reach';
import { closedPort, type Endpoint, startAnswering, startSilent } from './endpoints';
import { startTablesProxy, type TablesProxy } from './proxy';

const LIMITS: AwsLimits = { connectMs: 1_000, answerMs: 1_000, attempts: 1, totalMs: 2_000, connections: 50 };
const PLACE = { region: 'eu-central-1', credentials: { accessKeyId: 'x', secretAccessKey: 'x' } };
const PLACES = { directoryTable: 'directory', authorizerFunction: 'authorizer' };

interface Replica {
  readonly health: Health;
  readonly aws: AwsClients;
  readonly tables: TablesProxy;
  readonly authorizer: Endpoint & { breaks: boolean };
}

let at: number;
let tables: Server;
let tablesUrl: string;
/** The authorizer function's own way to the tables. */
let functionsTables: DynamoDBClient;
let functionReaches: boolean;
let servers: Endpoint;
let replicas: Replica[];

beforeEach(async () => {
  at = 0;
  functionReaches = true;
  replicas = [];
  tables = dynalite({ createTableMs: 0 }) as unknown as Server;
  tables.listen(0, '127.0.0.1');
  await once(tables, 'listening');
  tablesUrl = `http://127.0.0.1:${(tables.address() as AddressInfo).port}`;
  functionsTables = new DynamoDBClient({ ...PLACE, endpoint: tablesUrl });
  await functionsTables.send(
    new CreateTableCommand({
      TableName: 'directory',
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: [{ AttributeName: 'session', KeyType: 'HASH' }],
      AttributeDefinitions: [{ AttributeName: 'session', AttributeType: 'S' }],
    }),
  );
  servers = await startSilent();
});

afterEach(async () => {
  for (const { aws, tables, authorizer } of replicas) {
    aws.dynamodb.destroy();
    aws.lambda.destroy();
    await Promise.all([tables.close(), authorizer.close()]);
  }
  await servers.close();
  functionsTables.destroy();
  tables.closeAllConnections();
  tables.close();
});

test('replicas that reach everything stay', async () => {
  const [one, other] = [await startReplica(), await startReplica()];
  await look(6);
  expect([one.health.fault, other.health.fault]).toEqual([undefined, undefined]);
});

test('a replica that alone has lost the tables leaves, and comes back with them, without any traffic', async () => {
  const [one, other] = [await startReplica(), await startReplica()];
  await look(2);
  one.tables.fate = () => 'broken';
  await look(9);
  expect([one.health.fault, other.health.fault]).toEqual(['tables', undefined]);
  one.tables.fate = () => 'pass';
  await look(2);
  expect(one.health.fault).toBeUndefined();
});

test('replicas that have lost the tables together stay, though the authorizer reaches them', async () => {
  const both = [await startReplica(), await startReplica()];
  await look(2);
  for (const { tables } of both) tables.fate = () => 'broken';
  await look(9);
  expect(both.map(({ aws }) => aws.tables.standing)).toEqual(['endpoint', 'endpoint']);
  expect(both.map(({ health }) => health.fault)).toEqual([undefined, undefined]);
});

test('a replica whose writes are done and never heard does not take itself for another', async () => {
  const alone = await startReplica();
  await look(2);
  alone.tables.fate = () => 'unheard';
  await look(9);
  expect([alone.aws.tables.standing, alone.health.fault]).toEqual(['endpoint', undefined]);
});

test('in an outage of the tables for all, replicas and authorizer, everyone stays', async () => {
  const both = [await startReplica(), await startReplica()];
  await look(2);
  functionReaches = false;
  for (const { tables } of both) tables.fate = () => 'broken';
  await look(9);
  expect(both.map(({ health }) => health.fault)).toEqual([undefined, undefined]);
});

test('a replica that alone has lost the authorizer leaves; when all have, they stay', async () => {
  const both = [await startReplica(), await startReplica()] as const;
  await look(2);
  both[0].authorizer.breaks = true;
  await look(9);
  expect(both.map(({ health }) => health.fault)).toEqual(['authorizer', undefined]);
  both[1].authorizer.breaks = true;
  await look(9);
  expect(both.map(({ health }) => health.fault)).toEqual([undefined, undefined]);
});

test('a replica that reaches neither AWS nor the servers has no network; one that reaches the servers shares an outage', async () => {
  const [one, other] = [await startReplica(await closedPort()), await startReplica()];
  for (const { tables, authorizer } of [one, other]) {
    tables.fate = () => 'broken';
    authorizer.breaks = true;
  }
  await look(9);
  expect([one.health.fault, other.health.fault]).toEqual(['network', undefined]);
});

test('fifty silent calls are let go, and what does not need the tables goes on', async () => {
  const { aws, tables } = await startReplica();
  tables.fate = () => 'silent';
  const stuck = Array.from({ length: 50 }, () => aws.dynamodb.send(new GetItemCommand({ TableName: 't', Key: { pk: { S: 'k' } } })));
  expect(await sightingsBoard(aws, PLACES).ask()).toEqual({ tables: 0, authorizer: 0 });
  const ended = await Promise.allSettled(stuck);
  expect(new Set(ended.map(({ status }) => status))).toEqual(new Set(['rejected']));
  await expect(sightingsBoard(aws, PLACES).read()).rejects.toMatchObject({ name: 'DependencyGone' });
  expect(tables.most).toBeLessThanOrEqual(50);
});

/** Every replica looks, some times; two looks are as far apart as the breaker rests. */
async function look(times: number): Promise<void> {
  for (let time = 0; time < times; time++) {
    at += 10_000;
    await Promise.all(replicas.map(({ health }) => health.look()));
  }
}

async function startReplica(serversUrl = servers.url): Promise<Replica> {
  const proxy = await startTablesProxy(tablesUrl);
  const authorizer = Object.assign(
    await startAnswering(async (_, response) => {
      if (authorizer.breaks) return response.destroy();
      if (!functionReaches) return response.writeHead(200, { 'x-amz-function-error': 'Unhandled' }).end('{}');
      const { Item } = await functionsTables.send(new GetItemCommand({ TableName: 'directory', Key: { session: { S: SIGHTINGS_KEY } } }));
      response.end(JSON.stringify({ tables: Number(Item?.tables?.N ?? 0), authorizer: Number(Item?.authorizer?.N ?? 0) }));
    }),
    { breaks: false },
  );
  const log = pino({ enabled: false });
  const limits = { dynamodb: LIMITS, lambda: LIMITS, secrets: LIMITS };
  const aws = createAwsClients(() => at, log, { ...PLACE, endpoints: { dynamodb: proxy.url, lambda: authorizer.url } }, limits);
  const reachServers = () => reaches(serversUrl, 1_000);
  const health = new Health({ ...aws, board: sightingsBoard(aws, PLACES), reachServers, log });
  const replica = { health, aws, tables: proxy, authorizer };
  replicas.push(replica);
  return replica;
}
