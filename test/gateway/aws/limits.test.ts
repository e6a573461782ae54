import type { ServerResponse } from 'node:http';
import { GetItemCommand, paginateQuery } from '@aws-sdk/client-dynamodb';
import { InvokeCommand } from '@aws-sdk/client-lambda';
import { GetSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import { afterEach, expect, test } from '@jest/globals';
import { pino } from 'pino';
import type { AwsLimits } from '../../../core/aws-limits';
import { type AwsClients, createAwsClients } from '../../../gateway/aws/clients';
import { closedPort, type Endpoint, startAnswering, startResetting, startSilent, startTrickling } from './endpoints';

// Endpoints live in this process, too: what holds it up for a moment must not look like their silence.
const LIMITS: AwsLimits = { connectMs: 2_000, answerMs: 400, attempts: 2, totalMs: 10_000, connections: 50 };
const GET = new GetItemCommand({ TableName: 't', Key: { pk: { S: 'k' } } });

const open: Endpoint[] = [];
const clients: AwsClients[] = [];

afterEach(async () => {
  for (const { dynamodb, lambda, secrets } of clients.splice(0)) for (const client of [dynamodb, lambda, secrets]) client.destroy();
  await Promise.all(open.splice(0).map((endpoint) => endpoint.close()));
});

test('an endpoint that accepts and never answers is given up: two attempts, two connections', async () => {
  const silent = await started(startSilent());
  const { dynamodb } = create({ dynamodb: silent.url });
  await expect(dynamodb.send(GET)).rejects.toMatchObject({ name: 'TimeoutError', $metadata: { attempts: 2 } });
  expect(silent).toMatchObject({ opened: 2, reached: 2 });
});

test.each([
  ['an authorizer', 'lambda', ({ lambda }: AwsClients) => lambda.send(new InvokeCommand({ FunctionName: 'f' }))],
  ['a keeper of secrets', 'secrets', ({ secrets }: AwsClients) => secrets.send(new GetSecretValueCommand({ SecretId: 's' }))],
] as const)('%s that is silent is given up too', async (_, name, ask) => {
  const silent = await started(startSilent());
  await expect(ask(create({ [name]: silent.url }))).rejects.toMatchObject({ name: 'TimeoutError' });
  expect(silent.reached).toBe(2);
});

test('an answer that comes byte by byte is cut when the time of the whole request is over', async () => {
  const trickling = await started(startTrickling());
  const { dynamodb, tables } = create({ dynamodb: trickling.url }, { totalMs: 200, connections: 1 });
  await expect(dynamodb.send(GET)).rejects.toMatchObject({ name: 'TimeoutError', message: expect.stringContaining('200 ms') });
  expect(trickling.opened).toBe(1);
  for (let more = 0; more < 4; more++) await dynamodb.send(GET).catch(() => undefined);
  expect(trickling.opened).toBe(5); // each connection was let go
  expect(tables.standing).toBe('endpoint');
});

test('a process that was stopped while it waited still hears the answer that came', async () => {
  const endpoint = await started(startAnswering((_, response) => answer(response, 200, '')));
  const { dynamodb } = create({ dynamodb: endpoint.url }, { connectMs: 20_000, answerMs: 20_000, totalMs: 300 });
  const asked = dynamodb.send(GET);
  const until = performance.now() + 1_500;
  while (performance.now() < until); // as SIGSTOP does: no timer fires, nothing is read
  await expect(asked).resolves.toMatchObject({ $metadata: { attempts: 1 } });
});

test('attempts in a row end with the time of the whole request', async () => {
  const silent = await started(startSilent());
  const { dynamodb } = create({ dynamodb: silent.url }, { attempts: 1_000, answerMs: 40, totalMs: 400 });
  await expect(dynamodb.send(GET)).rejects.toMatchObject({ name: 'TimeoutError', message: expect.stringContaining('400 ms') });
  expect(silent.opened).toBeLessThan(15);
});

test('a broken connection is tried again, then told', async () => {
  const resetting = await started(startResetting());
  const { dynamodb } = create({ dynamodb: resetting.url });
  await expect(dynamodb.send(GET)).rejects.toThrow('ECONNRESET');
  expect(resetting.opened).toBe(2);
});

test('a pool that is full of silence gives who waits for it an error, and opens no more connections than it may', async () => {
  const silent = await started(startSilent());
  const { dynamodb } = create({ dynamodb: silent.url }, { connections: 2, attempts: 1 });
  const ended = await Promise.allSettled(Array.from({ length: 10 }, () => dynamodb.send(GET)));
  expect(ended.map((end) => end.status === 'rejected' && end.reason.name)).toEqual(Array(10).fill('TimeoutError'));
  expect(silent.most).toBeLessThanOrEqual(2);
});

test('five requests that fail open the breaker; what comes then reaches no endpoint, and one is let through later', async () => {
  let at = 0;
  const silent = await started(startSilent());
  const { dynamodb, tables } = create({ dynamodb: silent.url }, { attempts: 1 }, () => at);
  await Promise.allSettled(Array.from({ length: 5 }, () => dynamodb.send(GET)));
  expect(tables.standing).toBe('endpoint');
  await expect(dynamodb.send(GET)).rejects.toMatchObject({ name: 'DependencyGone' });
  expect(silent.reached).toBe(5);
  at = 2_000;
  const ended = await Promise.allSettled(Array.from({ length: 20 }, () => dynamodb.send(GET)));
  expect(ended.filter((end) => end.status === 'rejected' && end.reason.name === 'DependencyGone')).toHaveLength(19);
  expect(silent.reached).toBe(6);
});

test('a dependency that is gone takes nothing from another', async () => {
  const silent = await started(startSilent());
  const functions = await started(startAnswering((_, response) => response.end('{}')));
  const both = create({ dynamodb: silent.url, lambda: functions.url }, {}, undefined, { ...LIMITS, answerMs: 20_000, totalMs: 20_000 });
  const stuck = Promise.allSettled(Array.from({ length: 50 }, () => both.dynamodb.send(GET)));
  const invoked = await both.lambda.send(new InvokeCommand({ FunctionName: 'f' }));
  expect(invoked.StatusCode).toBe(200);
  await stuck;
  expect([both.tables.standing, both.authorizer.standing]).toEqual(['endpoint', 'serving']);
});

test.each([
  ['a condition that does not hold', 400, 'ConditionalCheckFailedException'],
  ['a request that is not valid', 400, 'ValidationException'],
  ['throttling', 400, 'ProvisionedThroughputExceededException'],
  ['a refusal by policy', 400, 'AccessDeniedException'],
])('%s is the answer of a sound endpoint', async (_, status, type) => {
  const answering = await started(startAnswering((_request, response) => answer(response, status, type)));
  const { dynamodb, tables } = create({ dynamodb: answering.url }, { attempts: 1 });
  for (let call = 0; call < 8; call++) await expect(dynamodb.send(GET)).rejects.toMatchObject({ name: type });
  expect([tables.standing, answering.reached]).toEqual(['serving', 8]);
});

test.each([
  ['an endpoint that fails', 500, 'InternalServerError', 'endpoint'],
  ['credentials that have expired', 400, 'ExpiredTokenException', 'credentials'],
  ['credentials that nobody knows', 400, 'UnrecognizedClientException', 'credentials'],
])('%s opens the breaker', async (_, status, type, standing) => {
  const answering = await started(startAnswering((_request, response) => answer(response, status, type)));
  const { dynamodb, tables } = create({ dynamodb: answering.url }, { attempts: 1 });
  for (let call = 0; call < 8; call++) await dynamodb.send(GET).catch(() => undefined);
  expect([tables.standing, answering.reached]).toEqual([standing, 5]);
});

test('an answer closes the breaker, and failures are counted anew', async () => {
  let at = 0;
  let down = true;
  const endpoint = await started(startAnswering((_, response) => (down ? response.destroy() : answer(response, 200, ''))));
  const { dynamodb, tables } = create({ dynamodb: endpoint.url }, { attempts: 1 }, () => at);
  for (let call = 0; call < 5; call++) await dynamodb.send(GET).catch(() => undefined);
  at = 2_000;
  down = false;
  await dynamodb.send(GET);
  expect(tables.standing).toBe('serving');
  down = true;
  for (let call = 0; call < 4; call++) await dynamodb.send(GET).catch(() => undefined);
  expect(tables.standing).toBe('serving');
});

test('a port that nobody listens on, and pages of a query, count as well', async () => {
  const { dynamodb, tables } = create({ dynamodb: await closedPort() }, { attempts: 1 });
  const query = { TableName: 't', KeyConditionExpression: 'pk = :pk', ExpressionAttributeValues: { ':pk': { S: 'k' } } };
  for (let call = 0; call < 5; call++) await expect(paginateQuery({ client: dynamodb }, query).next()).rejects.toThrow('ECONNREFUSED');
  expect(tables.standing).toBe('endpoint');
});

function create(
  endpoints: Record<string, string>,
  limits: Partial<AwsLimits> = {},
  now: () => number = () => 0,
  lambda: AwsLimits = { ...LIMITS, ...limits },
): AwsClients {
  const each = { ...LIMITS, ...limits };
  const place = { region: 'eu-central-1', credentials: { accessKeyId: 'x', secretAccessKey: 'x' }, endpoints };
  const created = createAwsClients(now, pino({ enabled: false }), place, { dynamodb: each, lambda, secrets: each });
  clients.push(created);
  return created;
}

async function started(starting: Promise<Endpoint>): Promise<Endpoint> {
  const endpoint = await starting;
  open.push(endpoint);
  return endpoint;
}

function answer(response: ServerResponse, status: number, type: string): void {
  response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' });
  response.end(JSON.stringify(type === '' ? {} : { __type: `com.amazonaws.dynamodb.v20120810#${type}` }));
}
