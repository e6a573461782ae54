import { DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { LOCAL_CREDENTIALS } from '../../../local/processes/credentials';
import { custom, StackRig, table } from '../fixtures/stack-rig';

let rig: StackRig;
let dynamodb: DynamoDBClient;

beforeAll(async () => {
  rig = await StackRig.start();
  dynamodb = new DynamoDBClient({ endpoint: rig.machinery.dynamodb.url, region: 'us-east-1', credentials: LOCAL_CREDENTIALS });
}, 30_000);
afterAll(async () => {
  dynamodb.destroy();
  await rig.stop();
});

const tables = async () => (await dynamodb.send(new ListTablesCommand({}))).TableNames ?? [];
const asked = () =>
  rig
    .takeJournal()
    .map(({ RequestType, LogicalResourceId, PhysicalResourceId = '' }) =>
      `${RequestType} ${LogicalResourceId} ${PhysicalResourceId}`.trim(),
    );

describe('an update', () => {
  test('that changes nothing touches nothing', async () => {
    await rig.deploy({ Ledger: table(), One: custom({ Name: 'one' }) });
    expect(asked()).toEqual(['Create One']);
    await rig.deploy({ Ledger: table(), One: custom({ Name: 'one' }) });
    expect([asked(), rig.story]).toEqual([[], []]);
  });

  test('hands a custom resource what it was before, and what depends on it what it says now', async () => {
    await rig.deploy({ One: custom({ Name: 'one', Says: 'a' }), Two: custom({ Name: 'two', Says: { 'Fn::GetAtt': ['One', 'Says'] } }) });
    rig.takeJournal();
    await rig.deploy({ One: custom({ Name: 'one', Says: 'b' }), Two: custom({ Name: 'two', Says: { 'Fn::GetAtt': ['One', 'Says'] } }) });
    const [one, two] = rig.takeJournal();
    expect(one).toMatchObject({
      RequestType: 'Update',
      PhysicalResourceId: 'first',
      OldResourceProperties: { Says: 'a' },
      ResourceProperties: { Says: 'b' },
    });
    expect(two).toMatchObject({ RequestType: 'Update', OldResourceProperties: { Says: 'one a' }, ResourceProperties: { Says: 'one b' } });
  });

  test('that gives a custom resource another physical id deletes the old one when everything else is done', async () => {
    await rig.deploy({ One: custom({ Name: 'one', Id: 'old' }), Two: custom({ Name: 'two', Says: { Ref: 'One' } }) });
    rig.takeJournal();
    await rig.deploy({ One: custom({ Name: 'one', Id: 'new' }), Two: custom({ Name: 'two', Says: { Ref: 'One' } }) });
    expect(asked()).toEqual(['Update One old', 'Update Two first', 'Delete One old']);
    expect(rig.ref('One')).toBe('new');
  });

  test('replaces what cannot change in place under another name, and removes the old one', async () => {
    await rig.deploy({ Ledger: table() });
    const before = rig.ref('Ledger');
    const key = {
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
      AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
    };
    await rig.deploy({ Ledger: table({}, key), One: custom({ Name: 'one', Says: { Ref: 'Ledger' } }) });
    expect(rig.ref('Ledger')).not.toBe(before);
    expect(await tables()).toEqual([rig.ref('Ledger')]);
    expect(rig.story).toContain('Ledger DELETE_COMPLETE');
    await rig.deploy({ Ledger: table() });
    expect(await tables()).toEqual([rig.ref('Ledger')]);
  });

  test('removes what its template has no more, each after what depends on it', async () => {
    const needs = { DependsOn: ['One'] };
    await rig.deploy({
      One: custom({ Name: 'one' }),
      Two: custom({ Name: 'two' }, needs),
      Three: custom({ Name: 'three', Says: { Ref: 'Two' } }),
    });
    rig.takeJournal();
    await rig.deploy({ Ledger: table() });
    expect(asked()).toEqual(['Delete Three first', 'Delete Two first', 'Delete One first']);
  });

  test.each([
    ['Retain', 'DeletionPolicy'],
    ['RetainExceptOnCreate', 'DeletionPolicy'],
    ['Snapshot', 'DeletionPolicy'],
  ])('keeps what the policy %s keeps, and the next deployment finds it again', async (policy, name) => {
    await rig.deploy({ Kept: table({ [name]: policy }) });
    const kept = rig.ref('Kept') as string;
    const { retained } = await rig.deploy({});
    expect(retained.map(({ created }) => created.ref)).toEqual([kept]);
    expect(rig.story).toEqual(['Kept DELETE_SKIPPED']);
    expect(await tables()).toContain(kept);
    await rig.deploy({ Kept: table() });
    expect(rig.ref('Kept')).toBe(kept);
    await rig.deploy({});
    expect(await tables()).not.toContain(kept);
  });

  test.each([
    ['Retain', 1],
    ['RetainExceptOnCreate', 0],
  ])('that fails leaves %s of what it has made: %i', async (DeletionPolicy, left) => {
    const before = await tables();
    const failing = rig.deploy({ Kept: table({ DeletionPolicy }), One: custom({ Name: 'one', Fail: 'Create' }, { DependsOn: ['Kept'] }) });
    await expect(failing).rejects.toThrow('one was told to fail');
    expect((await tables()).length - before.length).toBe(left);
    await rig.deploy({ Kept: table() });
    await rig.deploy({});
    expect(await tables()).toEqual(before);
  });

  test('does not delete a table that is protected, and says so', async () => {
    await rig.deploy({ Ledger: table({}, { DeletionProtectionEnabled: true }) });
    const { failed } = await rig.deploy({});
    expect(failed[0]?.reason).toMatch(/has deletion protection; deploy it without first/);
    expect(await tables()).toHaveLength(1);
  });
});

describe('an update that fails', () => {
  const BEFORE = { Ledger: table(), One: custom({ Name: 'one', Says: 'a' }), Two: custom({ Name: 'two' }, { DependsOn: ['One'] }) };

  test('goes back: what was changed is changed back, what was made is removed, and all works as before', async () => {
    await rig.deploy(BEFORE);
    rig.takeJournal();
    const before = new Map([...rig.stacks.resources].map(([key, { created }]) => [key, created.ref]));
    const failing = rig.deploy({
      Ledger: table(),
      Fresh: table(),
      One: custom({ Name: 'one', Says: 'b' }, { DependsOn: ['Fresh'] }),
      Two: custom({ Name: 'two', Fail: 'Update' }, { DependsOn: ['One'] }),
    });
    await expect(failing).rejects.toThrow(/Two .*two was told to fail/);
    expect(asked()).toEqual(['Update One first', 'Update Two first', 'Update Two first', 'Update One first']);
    expect(new Map([...rig.stacks.resources].map(([key, { created }]) => [key, created.ref]))).toEqual(before);
    expect(await tables()).toEqual([rig.ref('Ledger')]);
    await rig.deploy(BEFORE);
    expect([asked(), rig.story]).toEqual([[], []]);
  });

  test('deletes the physical resource that it made meanwhile, and keeps the old one', async () => {
    await rig.deploy({ One: custom({ Name: 'one', Id: 'old' }), Two: custom({ Name: 'two' }, { DependsOn: ['One'] }) });
    rig.takeJournal();
    const failing = rig.deploy({
      One: custom({ Name: 'one', Id: 'new' }),
      Two: custom({ Name: 'two', Fail: 'Update' }, { DependsOn: ['One'] }),
    });
    await expect(failing).rejects.toThrow('two was told to fail');
    expect(asked()).toEqual(['Update One old', 'Update Two first', 'Update Two first', 'Update One new', 'Delete One new']);
    expect(rig.ref('One')).toBe('old');
  });

  test('leaves what came to run for it alone a name again', async () => {
    const other = { Data: { Resources: { Rows: table() }, Outputs: {} } };
    const reads = { 'Fn::GetStackOutput': { StackName: 'Data', OutputName: 'Name' } };
    const named = { Data: { Resources: { Rows: table() }, Outputs: { Name: { Value: { Ref: 'Rows' } } } } };
    await rig.deploy({}, {}, other);
    expect(await tables()).toEqual([]);
    const failing = rig.deploy({ One: custom({ Name: 'one', Says: reads, Fail: 'Create' }) }, {}, named);
    await expect(failing).rejects.toThrow('one was told to fail');
    expect([await tables(), rig.stacks.resources.get('Data/Rows')?.runs]).toEqual([[], false]);
    await rig.deploy({ One: custom({ Name: 'one', Says: reads }) }, {}, named);
    expect(await tables()).toEqual(['Data-Rows']);
    await rig.stacks.deploy({ put: [], remove: ['Shop'] });
    await rig.stacks.deploy({ put: [], remove: ['Data'] });
    expect(await tables()).toEqual([]);
  });

  test('begins nothing new once something has failed', async () => {
    await rig.deploy({});
    rig.takeJournal();
    const failing = rig.deploy({ One: custom({ Name: 'one', Fail: 'Create' }), Two: custom({ Name: 'two' }, { DependsOn: ['One'] }) });
    await expect(failing).rejects.toThrow('one was told to fail');
    expect(asked()).toEqual(['Create One', expect.stringMatching(/^Delete One Shop-One-/)]);
  });

  test('stays as it is where nobody shall roll back', async () => {
    await rig.deploy({});
    const failing = rig.deploy(
      { Ledger: table(), One: custom({ Name: 'one', Fail: 'Create' }, { DependsOn: ['Ledger'] }) },
      { disableRollback: true },
    );
    await expect(failing).rejects.toThrow('one was told to fail');
    expect(await tables()).toEqual([rig.ref('Ledger')]);
    await rig.deploy({});
  });
});

describe('what CloudFormation refuses, and what this machine cannot do, is said before anything changes', () => {
  const network = (name: string) => ({
    Resources: { Vpc: { Type: 'AWS::EC2::VPC' } },
    Outputs: { Id: { Value: { Ref: 'Vpc' }, Export: { Name: name } } },
  });
  const importer = { One: custom({ Name: 'one', Says: { 'Fn::ImportValue': 'net-id' } }) };

  test.each<[string, Record<string, unknown>, Record<string, unknown>, RegExp]>([
    ['another type under an id', { Thing: table() }, { Thing: custom({ Name: 'x' }) }, /Thing/],
    [
      'a custom name that would be there twice',
      { Ledger: table({}, { TableName: 'mine' }) },
      { Ledger: table({}, { TableName: 'mine', KeySchema: [{ AttributeName: 'x', KeyType: 'HASH' }] }) },
      /Ledger/,
    ],
    [
      'another index',
      { Ledger: table() },
      { Ledger: table({}, { GlobalSecondaryIndexes: [{ IndexName: 'one', KeySchema: [], Projection: {} }] }) },
      /a change of the indexes of the table Shop\/Ledger/,
    ],
  ])('%s', async (_, before, after, message) => {
    await rig.deploy(before);
    rig.takeJournal();
    await expect(rig.deploy(after)).rejects.toThrow(message);
    expect([asked(), rig.story]).toEqual([[], []]);
    await rig.deploy({});
  });

  test('the end of an export that another stack imports', async () => {
    await rig.deploy(importer, {}, { Net: network('net-id') });
    expect(rig.takeJournal()[0]?.ResourceProperties.Says).toMatch(/^vpc-/);
    const alone = rig.stacks.stacks.filter(({ name }) => name === 'Net').map((stack) => ({ ...stack, template: { Resources: {} } }));
    await expect(rig.stacks.deploy({ put: alone })).rejects.toThrow(/net-id/);
    await expect(rig.stacks.deploy({ put: [], remove: ['Net'] })).rejects.toThrow(/Export net-id cannot be deleted as it is in use/);
    await rig.stacks.deploy({ put: [], remove: ['Shop'] });
    await rig.stacks.deploy({ put: [], remove: ['Net'] });
    expect(rig.stacks.resources.size).toBe(0);
  });
});
