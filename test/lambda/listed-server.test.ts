import { BatchWriteItemCommand, DeleteItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { PLACES, placeEntry, REVISION_ENTRY, readListed, SERVERS_KEY } from '../../core/listed-servers';
import { type ListingRequest, ServerList } from '../../lambda/listed-server';
import { startAllowlist, TABLE } from './allowlist-table';

const LISTENERS = ['arn:one', 'arn:two'];
const stack = (name: string) => `arn:aws:cloudformation:eu-west-1:111122223333:stack/${name}/1a2b/Listing`;
const CONFIG = JSON.stringify({ sidecarKeySecret: 'arn:key', tools: {} });

let table: Awaited<ReturnType<typeof startAllowlist>>;
beforeAll(async () => {
  table = await startAllowlist();
});
afterAll(() => table.stop());
beforeEach(async () => {
  for (const { agent, entry } of await table.rows())
    await table.client.send(new DeleteItemCommand({ TableName: TABLE, Key: marshall({ agent, entry }) }));
});

const list = (listeners = LISTENERS) => new ServerList({ table: TABLE, listeners, own: ['tickets'] }, table.client);
const asks = (name: string, more: Partial<ListingRequest> = {}): ListingRequest => ({
  ...{ name, config: CONFIG, isHosted: true, writer: stack(`Team-${name}`) },
  ...more,
});
const listed = async () => (await table.rows()).filter(({ entry }) => /^[a-z]/.test(entry)).map(({ entry }) => entry);
const places = async () => (await table.rows()).filter(({ entry }) => entry.startsWith('#place')).map(({ server }) => server);
const revision = async () => (await table.rows()).find(({ entry }) => entry === REVISION_ENTRY)?.revision;

test('a server has a place, keeps it whatever comes and goes, and what stands there gateways can read', async () => {
  const servers = list();
  expect(await servers.list(asks('one'))).toEqual({ listener: 0, priority: 1 });
  const second = await servers.list(asks('two'));
  expect(second).toEqual({ listener: 0, priority: 2 });
  await servers.remove('one', stack('Team-one'));
  expect(await servers.list(asks('two', { config: JSON.stringify({ sidecarKeySecret: 'arn:other', tools: {} }) }))).toEqual(second);
  expect(await servers.list(asks('three'))).toEqual({ listener: 0, priority: 1 });

  expect(await listed()).toEqual(['three', 'two']);
  const two = (await table.rows()).find(({ entry }) => entry === 'two') ?? {};
  expect(readListed(two)).toEqual({ name: 'two', listener: 0, config: { sidecarKeySecret: 'arn:other', tools: {} } });
  expect(await revision()).toBe(5);
});

test('where its programs write stands beside it, and goes where a stack does not tell it any more', async () => {
  await list().list(asks('one', { logGroups: ['Team-Logs', 'Team-ServerLogs'] }));
  const told = async () => (await table.rows()).find(({ entry }) => entry === 'one')?.logGroups;
  expect(await told()).toEqual(['Team-Logs', 'Team-ServerLogs']);
  await list().list(asks('one'));
  expect(await told()).toBeUndefined();
});

test('many that are deployed at once get a place each', async () => {
  const names = Array.from({ length: 12 }, (_, at) => `server-${at}`);
  const got = await Promise.all(names.map((name) => list().list(asks(name))));

  expect(new Set(got.map((place) => JSON.stringify(place))).size).toBe(names.length);
  expect((await places()).sort()).toEqual([...names].sort());
});

test('a name is whose it was first, and a stack that wants it is told who has it, and leaves nothing behind', async () => {
  await list().list(asks('one'));
  await expect(list().list(asks('one', { writer: stack('Other') }))).rejects.toThrow(
    /server name "one" is taken in this fleet by the stack Team-one; allowed: each name once/,
  );
  await expect(list().list(asks('tickets'))).rejects.toThrow(/"tickets" is taken in this fleet by the fleet's own stack/);
  await list().remove('one', stack('Other'));

  expect(await listed()).toEqual(['one']);
  expect(await places()).toEqual(['one']);
  const both = await Promise.allSettled(['A', 'B'].map((name) => list().list(asks('two', { writer: stack(name) }))));
  expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  expect((await places()).sort()).toEqual(['one', 'two']);
});

test('a request that comes again changes nothing, and a deletion that comes again neither', async () => {
  const first = await list().list(asks('one'));
  expect(await list().list(asks('one'))).toEqual(first);
  await list().remove('one', stack('Team-one'));
  await list().remove('one', stack('Team-one'));

  expect(await listed()).toEqual([]);
  expect(await places()).toEqual([]);
});

test('a server that becomes remote gives its place back', async () => {
  await list().list(asks('one'));
  const config = JSON.stringify({ remoteUrl: 'https://far.example/mcp', tools: {} });
  expect(await list().list(asks('one', { isHosted: false, config }))).toBeUndefined();

  expect(await places()).toEqual([]);
});

test('the second load balancer is filled after the first, and beyond the last nobody is listed', async () => {
  await occupy(PLACES.first, 0);
  expect(await list().list(asks('next'))).toEqual({ listener: 1, priority: 1 });
  await occupy(PLACES.other, 1);

  await expect(list().list(asks('late'))).rejects.toThrow(
    /no place for "late".*150 of 150 are taken\. Raise serverBalancers of the fleet \(2\)/,
  );
  expect(await list([...LISTENERS, 'arn:three']).list(asks('late'))).toEqual({ listener: 2, priority: 1 });
  await expect(list().list(asks('late'))).rejects.toThrow(/stands behind load balancer 3, and the fleet has 2/);
});

/** Has somebody take places of a listener that are free. */
async function occupy(count: number, listener: number): Promise<void> {
  const all = Array.from({ length: count }, (_, at) => placeEntry({ listener, priority: at + 1 }));
  const held = new Set((await table.rows()).map(({ entry }) => entry));
  const free = all.filter((entry) => !held.has(entry)).map((entry) => ({ agent: SERVERS_KEY, entry, writer: 'somebody', server: 'some' }));
  for (let at = 0; at < free.length; at += 25) {
    const requests = free.slice(at, at + 25).map((item) => ({ PutRequest: { Item: marshall(item) } }));
    await table.client.send(new BatchWriteItemCommand({ RequestItems: { [TABLE]: requests } }));
  }
}

test.each([
  ['a name that is none', { name: 'Not a name' }, /server name is "Not a name"/],
  ['what no gateway could read', { config: '{}' }, /must be a configuration with tools/],
])('%s is refused before anything is written', async (_, wrong, message) => {
  await expect(list().list(asks('one', wrong))).rejects.toThrow(message);

  expect(await listed()).toEqual([]);
});

test('agents are in no partition of it', async () => {
  await list().list(asks('one'));
  expect(new Set((await table.rows()).map(({ agent }) => agent))).toEqual(new Set([SERVERS_KEY]));
});
