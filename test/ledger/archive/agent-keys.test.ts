import { DynamoDBClient, PutItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { AgentKeys } from '../../../ledger/archive/agent-keys';
import { type EmbeddedDynamoDb, startDynamoDb } from '../../../local/dynamodb/embedded-dynamodb';
import { AGENT_KEYS, createKeysTable } from './keys-table';

let dynamodb: EmbeddedDynamoDb;
let client: DynamoDBClient;

beforeAll(async () => {
  dynamodb = await startDynamoDb(undefined, 'us-east-1');
  await createKeysTable(dynamodb);
  const credentials = { accessKeyId: 'x', secretAccessKey: 'x' };
  client = new DynamoDBClient({ endpoint: dynamodb.url, region: 'us-east-1', credentials });
});
afterAll(async () => {
  client.destroy();
  await dynamodb.stop();
});

const keysOf = (heldMs = 0, now = () => 0) => new AgentKeys(client, AGENT_KEYS, heldMs, now);
const SHREDDING = { by: 'privacy', reason: 'request 7' };

test('who asks for the key of an agent gets the same one, however many ask at once', async () => {
  const all = await Promise.all(Array.from({ length: 20 }, () => keysOf().current('support')));
  expect(new Set(all.map(({ id, key }) => `${id} ${key.toString('hex')}`)).size).toBe(1);
  expect((await keysOf().current('other')).key).not.toEqual(all[0]?.key);
});

test('a key that is destroyed is nowhere any more, and the agent gets another one', async () => {
  const keys = keysOf();
  const first = await keys.current('ada');
  expect(await keys.find('ada', first.id)).toEqual(first.key);
  expect(await keys.shred('ada', SHREDDING)).toBe(1);
  expect(await keys.shred('ada', SHREDDING)).toBe(0);
  expect(await keys.find('ada', first.id)).toBe('shredded');
  const query = {
    KeyConditionExpression: '#a = :a',
    ExpressionAttributeNames: { '#a': 'agent' },
    ExpressionAttributeValues: { ':a': { S: 'ada' } },
  };
  const { Items } = await client.send(new QueryCommand({ TableName: AGENT_KEYS, ...query }));
  expect(Items).toEqual([expect.objectContaining({ shreddedBy: { S: 'privacy' }, shreddedBecause: { S: 'request 7' } })]);
  expect(JSON.stringify(Items)).not.toContain(first.key.toString('base64'));
  const next = await keys.current('ada');
  expect([next.id, next.key.equals(first.key)]).toEqual(['00002', false]);
});

test('what was read is believed for so long, and no longer', async () => {
  let now = 0;
  const keys = keysOf(60_000, () => now);
  const { id } = await keys.current('held');
  await keysOf().shred('held', SHREDDING);
  now = 59_999;
  expect((await keys.current('held')).id).toBe(id);
  now = 60_000;
  expect(await keys.find('held', id)).toBe('shredded');
});

test('a key that nobody has made is missing, and one that is none is refused', async () => {
  expect(await keysOf().find('nobody', '00001')).toBe('missing');
  const Item = { agent: { S: 'broken' }, id: { S: '00001' }, key: { S: 'c2hvcnQ=' }, madeAt: { N: '0' } };
  await client.send(new PutItemCommand({ TableName: AGENT_KEYS, Item }));
  await expect(keysOf().current('broken')).rejects.toThrow('the key 00001 of the agent broken has 5 bytes; a key has 32');
});
