import { expect, test } from '@jest/globals';
import { LISTING_FORMAT, PLACE_PREFIX, REVISION_ENTRY, SERVERS_KEY } from '../../core/listed-servers';
import { ListedServers, withListed } from '../../gateway/listed-servers';
import { attributesOf } from '../../ledger/item';

const OWN = { tickets: { sidecarKeySecret: 'tickets', tools: {} } };
const CONFIG = { allowlistTable: 'allowlist', listedServersUrls: ['https://one:8444', 'https://two:8444'], servers: OWN };
const hosted = (entry: string, more: object = {}) => ({
  ...{ agent: SERVERS_KEY, entry, writer: 'stack', format: LISTING_FORMAT, listener: 1, priority: 3 },
  ...{ config: JSON.stringify({ sidecarKeySecret: `key of ${entry}`, tools: {} }) },
  ...more,
});

/** A list in a table that can be silent. */
class Table {
  items: object[] = [];
  revision = 0;
  reads = { getItem: 0, query: 0 };
  fault: Error | undefined;

  set(...items: object[]): void {
    this.items = items;
    this.revision++;
  }

  async getItem() {
    this.reads.getItem++;
    if (this.fault) throw this.fault;
    return { Item: attributesOf({ agent: SERVERS_KEY, entry: REVISION_ENTRY, revision: this.revision }) };
  }

  /** One item a page. */
  async query({ ExclusiveStartKey: from }: { ExclusiveStartKey?: Record<string, { N: string }> }) {
    this.reads.query++;
    const at = Number(from?.at?.N ?? 0);
    const more = at + 1 < this.items.length;
    return {
      Items: this.items.slice(at, at + 1).map((item) => attributesOf(item)),
      ...(more && { LastEvaluatedKey: { at: { N: String(at + 1) } } }),
    };
  }
}

async function listening(table = new Table()) {
  const logged: { event: string }[] = [];
  const failures: (readonly string[] | undefined)[] = [];
  const prepared: string[][] = [];
  const log = { info: (line: { event: string }) => logged.push(line), error: (line: { event: string }) => logged.push(line) };
  const listed = new ListedServers({ config: CONFIG, table: table as never, log: log as never });
  await listed.load();
  listed.start({
    prepare: async (servers) => void prepared.push(Object.keys(servers)),
    onChange: () => undefined,
    onFailure: (servers) => failures.push(servers),
  });
  listed.stop();
  return { table, listed, logged, failures, prepared, names: () => Object.keys(listed.servers).sort() };
}

test('a listed server is known from the next look on, behind its own listener, and gone after the one in which it is not there', async () => {
  const { table, listed, prepared, names } = await listening();
  const config = withListed({ ...CONFIG, fleet: 'orders' } as never, listed);
  expect(names()).toEqual(['tickets']);
  table.set(
    hosted('notes'),
    { agent: SERVERS_KEY, entry: `${PLACE_PREFIX}1 3`, server: 'notes' },
    { agent: SERVERS_KEY, entry: REVISION_ENTRY },
  );
  await listed.look();

  expect(names()).toEqual(['notes', 'tickets']);
  expect(config.servers.notes).toMatchObject({ serversUrl: 'https://two:8444', sidecarKeySecret: 'key of notes' });
  expect(prepared).toEqual([['notes', 'tickets']]);
  table.set();
  await listed.look();
  expect(Object.keys(config.servers)).toEqual(['tickets']);
});

test('while nothing changes, a look is one small read', async () => {
  const { table, listed } = await listening();
  const { query } = table.reads;
  for (let looks = 0; looks < 5; looks++) await listed.look();

  expect(table.reads).toEqual({ getItem: 6, query });
});

test('a table that is silent leaves what was read last, and says so each time', async () => {
  const { table, listed, failures, logged, names } = await listening();
  table.set(hosted('notes'));
  await listed.look();
  table.fault = new Error('silent');
  table.set();
  for (let looks = 0; looks < 3; looks++) await listed.look();
  expect(names()).toEqual(['notes', 'tickets']);
  expect(failures).toEqual([undefined, undefined, undefined]);
  expect(logged.filter(({ event }) => event === 'servers_not_read')).toHaveLength(1);
  table.fault = undefined;
  await listed.look();
  expect(names()).toEqual(['tickets']);
});

test('a replica that cannot read the list does not start', async () => {
  const table = new Table();
  table.fault = new Error('silent');
  await expect(listening(table)).rejects.toThrow('silent');
});

test.each([
  ['of a later format', { format: 2 }],
  ['that is no JSON', { config: '{' }],
  ['without tools', { config: '{"sidecarKeySecret":"a"}' }],
  ['with neither sidecar nor URL', { config: '{"tools":{}}' }],
  ['behind a listener that there is not', { listener: 2 }],
  ['without a place', { listener: undefined }],
])('a listing %s leaves that server as it was, and takes no other along', async (_, broken) => {
  const { table, listed, failures, names } = await listening();
  table.set(hosted('notes'), hosted('search'));
  await listed.look();
  const before = listed.servers.notes;
  table.set(hosted('notes', broken), hosted('pages'));
  await listed.look();

  expect(names()).toEqual(['notes', 'pages', 'tickets']);
  expect(listed.servers.notes).toEqual(before);
  expect(failures).toEqual([['notes']]);
  await listed.look();
  expect(failures).toHaveLength(2);
  table.set(hosted('notes'));
  await listed.look();
  expect([failures.length, names()]).toEqual([2, ['notes', 'tickets']]);
});

test("a server of the fleet's own stack is nobody else's", async () => {
  const { table, listed, failures } = await listening();
  table.set(hosted('tickets'));
  await listed.look();

  expect(listed.servers.tickets).toEqual(OWN.tickets);
  expect(failures).toEqual([['tickets']]);
});
