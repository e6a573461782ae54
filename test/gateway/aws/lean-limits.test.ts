import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterEach, expect, test } from '@jest/globals';
import { type AwsLimits, clientSettings } from '../../../core/aws-limits';
import { Breaker } from '../../../gateway/aws/breaker';
import { limited } from '../../../gateway/aws/limited';
import { LeanSender } from '../../../ledger/table/lean-sender';
import { type TableClient, tableOf } from '../../../ledger/table/table-client';
import { type Endpoint, startAnswering, startSilent, startTrickling } from './endpoints';

const LIMITS: AwsLimits = { connectMs: 150, answerMs: 150, attempts: 1, totalMs: 10_000, connections: 50 };
const GET = { TableName: 't', Key: { pk: { S: 'k' } } };

let at = 0;
const open: { close(): Promise<void> }[] = [];

afterEach(async () => {
  at = 0;
  await Promise.all(open.splice(0).map((opened) => opened.close()));
});

test('the lean sender passes the breaker as a client does, and one is let through later', async () => {
  const silent = await started(startSilent());
  const { table, breaker } = create(silent);
  await Promise.allSettled(Array.from({ length: 5 }, () => table.getItem(GET)));
  expect(breaker.standing).toBe('endpoint');
  await expect(table.getItem(GET)).rejects.toMatchObject({ name: 'DependencyGone' });
  expect(silent.reached).toBe(5);
  at = 2_000;
  const ended = await Promise.allSettled(Array.from({ length: 20 }, () => table.getItem(GET)));
  expect(ended.filter((end) => end.status === 'rejected' && end.reason.name === 'DependencyGone')).toHaveLength(19);
  expect(silent.reached).toBe(6);
});

test('an answer that comes byte by byte is cut when the time of the whole request is over, and its connection let go', async () => {
  const trickling = await started(startTrickling());
  const { table, breaker } = create(trickling, { totalMs: 200, connections: 1 });
  for (let call = 0; call < 5; call++) await expect(table.getItem(GET)).rejects.toMatchObject({ name: 'TimeoutError' });
  expect([trickling.opened, breaker.standing]).toEqual([5, 'endpoint']);
});

test('attempts in a row end with the time of the whole request', async () => {
  const silent = await started(startSilent());
  const { table } = create(silent, { attempts: 1_000, answerMs: 40, totalMs: 400 });
  await expect(table.getItem(GET)).rejects.toMatchObject({ name: 'TimeoutError', message: expect.stringContaining('400 ms') });
  expect(silent.opened).toBeLessThan(15);
});

test('a process that was stopped while it waited still hears the answer that came', async () => {
  const endpoint = await started(startAnswering((_, response) => response.end('{}')));
  const { table } = create(endpoint, { connectMs: 20_000, answerMs: 20_000, totalMs: 300 });
  await table.getItem(GET);
  const asked = table.getItem(GET);
  const until = performance.now() + 1_500;
  while (performance.now() < until); // as SIGSTOP does: no timer fires, nothing is read
  await expect(asked).resolves.toEqual({});
});

test('what a sound endpoint refuses leaves the breaker closed', async () => {
  const endpoint = await started(
    startAnswering((_, response) =>
      response.writeHead(400).end('{"__type":"com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException"}'),
    ),
  );
  const { table, breaker } = create(endpoint);
  for (let call = 0; call < 8; call++) await expect(table.getItem(GET)).rejects.toMatchObject({ name: 'ConditionalCheckFailedException' });
  expect([breaker.standing, endpoint.reached]).toEqual(['serving', 8]);
});

function create(endpoint: Endpoint, limits: Partial<AwsLimits> = {}): { table: TableClient; breaker: Breaker } {
  const all = { ...LIMITS, ...limits };
  const credentials = { accessKeyId: 'x', secretAccessKey: 'x' };
  const client = new DynamoDBClient({ region: 'eu-central-1', endpoint: endpoint.url, credentials, ...clientSettings(all) });
  const breaker = new Breaker('tables', () => at);
  const sender = new LeanSender(client, all);
  open.push({ close: () => sender.destroy() });
  return { table: tableOf(limited(sender, { ...all, breaker })), breaker };
}

async function started(starting: Promise<Endpoint>): Promise<Endpoint> {
  const endpoint = await starting;
  open.push(endpoint);
  return endpoint;
}
