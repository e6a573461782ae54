import {
  CloudFormationClient,
  CreateStackCommand,
  DeleteStackCommand,
  DescribeStackEventsCommand,
  DescribeStackResourceCommand,
  DescribeStacksCommand,
  GetTemplateCommand,
  ListExportsCommand,
  RollbackStackCommand,
  type Stack,
  UpdateStackCommand,
} from '@aws-sdk/client-cloudformation';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { BOOTSTRAP_OUTPUT, BROKEN, type DeployedAccount, startDeployedAccount } from '../fixtures/deployed-account';

let account: DeployedAccount;
let client: CloudFormationClient;
let s3: S3Client;
let uploaded = 0;

beforeAll(async () => {
  account = await startDeployedAccount();
  client = new CloudFormationClient(account.client);
  s3 = new S3Client({ ...account.client, forcePathStyle: true });
  account.publishing.objects.createBucket('templates');
});
afterAll(async () => {
  s3.destroy();
  client.destroy();
  await account.stop();
});

const thing = (value: string, more: object = {}) => ({ Type: 'Test::Thing', Properties: { Value: value }, ...more });
const VALUE = { Parameters: { Value: { Type: 'String' } }, Outputs: { Told: { Value: { Ref: 'Value' }, Export: { Name: 'told' } } } };

test('each of a stack and those nested in it tells of itself, and a parent of the beginning and the end of what is in it', async () => {
  await create('Family', {
    Resources: { Own: thing('a'), Child: await nested({ Resources: { Inside: thing('b') }, ...VALUE }, { Value: 'v' }) },
  });
  expect(await events('Family')).toEqual([
    'Family CREATE_IN_PROGRESS',
    'Own CREATE_IN_PROGRESS',
    'Own CREATE_COMPLETE',
    'Child CREATE_IN_PROGRESS',
    'Child CREATE_COMPLETE',
    'Family CREATE_COMPLETE',
  ]);
  const child = await childOf('Family', 'Child');
  const root = await stackOf('Family');
  expect(child).toMatchObject({
    StackName: 'Family-Child',
    StackStatus: 'CREATE_COMPLETE',
    ParentId: root?.StackId,
    RootId: root?.StackId,
  });
  expect(child.Parameters).toEqual([{ ParameterKey: 'Value', ParameterValue: 'v' }]);
  expect(child.Outputs).toMatchObject([{ OutputKey: 'Told', OutputValue: 'v' }]);
  expect(await events(child.StackId as string)).toEqual([
    'Family-Child CREATE_IN_PROGRESS',
    'Inside CREATE_IN_PROGRESS',
    'Inside CREATE_COMPLETE',
    'Family-Child CREATE_COMPLETE',
  ]);
  // Clients ask for what has happened in it since its parent told of it.
  const told = account.stacks.events('Family').find(({ logicalId, status }) => logicalId === 'Child' && status === 'CREATE_IN_PROGRESS');
  expect(account.stacks.events('Family-Child').every(({ at }) => told !== undefined && at > told.at)).toBe(true);
  expect((await client.send(new ListExportsCommand({}))).Exports).toMatchObject([{ Name: 'told', ExportingStackId: child.StackId }]);
  const { TemplateBody } = await client.send(new GetTemplateCommand({ StackName: child.StackId }));
  expect(JSON.parse(TemplateBody ?? '')).toMatchObject({ Resources: { Inside: thing('b') } });
});

test('a nested stack changes, and goes, with its parent', async () => {
  const child = await childOf('Family', 'Child');
  await ended(
    new UpdateStackCommand({
      StackName: 'Family',
      TemplateBody: JSON.stringify({ Resources: { Own: thing('a'), Child: await nested({ Resources: { Other: thing('c') } }) } }),
    }),
  );
  expect((await events(child.StackId as string)).slice(4)).toEqual([
    'Family-Child UPDATE_IN_PROGRESS',
    'Other CREATE_IN_PROGRESS',
    'Other CREATE_COMPLETE',
    'Family-Child UPDATE_COMPLETE',
    'Inside DELETE_IN_PROGRESS',
    'Inside DELETE_COMPLETE',
  ]);
  expect((await events('Family')).slice(6)).toEqual([
    'Family UPDATE_IN_PROGRESS',
    'Child UPDATE_IN_PROGRESS',
    'Child UPDATE_COMPLETE',
    'Family UPDATE_COMPLETE_CLEANUP_IN_PROGRESS',
    'Family UPDATE_COMPLETE',
  ]);
  await ended(new UpdateStackCommand({ StackName: 'Family', TemplateBody: JSON.stringify({ Resources: { Own: thing('a') } }) }));
  expect((await events('Family')).slice(-3)).toEqual(['Child DELETE_IN_PROGRESS', 'Child DELETE_COMPLETE', 'Family UPDATE_COMPLETE']);
  expect(await stackOf(child.StackId as string)).toMatchObject({ StackStatus: 'DELETE_COMPLETE', Outputs: [] });
});

test('stacks that are nested in nested ones end from the inside', async () => {
  const grandchild = await nested({ Resources: { Deep: thing('d') } });
  await create('Line', { Resources: { Child: await nested({ Resources: { Grandchild: grandchild } }) } });
  const child = await childOf('Line', 'Child');
  const last = await childOf(child.StackId as string, 'Grandchild');
  expect(last).toMatchObject({ StackName: 'Line-Child-Grandchild', ParentId: child.StackId, RootId: (await stackOf('Line'))?.StackId });
  await ended(new DeleteStackCommand({ StackName: 'Line' }), (await stackOf('Line'))?.StackId);
  expect((await events(last.StackId as string)).slice(-4)).toEqual([
    'Line-Child-Grandchild DELETE_IN_PROGRESS',
    'Deep DELETE_IN_PROGRESS',
    'Deep DELETE_COMPLETE',
    'Line-Child-Grandchild DELETE_COMPLETE',
  ]);
  expect((await stackOf(child.StackId as string))?.StackStatus).toBe('DELETE_COMPLETE');
});

test('what is rolled back is: one that came is gone, one that was there is again what it was', async () => {
  const template = async (value: string, more: object = {}) => ({
    Resources: { Child: await nested({ Resources: { [value]: thing('a') } }), ...more },
    Outputs: BOOTSTRAP_OUTPUT,
  });
  const broken = { Broken: { ...BROKEN, DependsOn: ['Child'] } };
  await create('Fails', await template('A', broken));
  const { StackId, StackStatus } = (await stackOf('Fails')) ?? {};
  expect([StackStatus, account.stacks.find('Fails-Child')]).toEqual(['ROLLBACK_COMPLETE', undefined]);
  await ended(new DeleteStackCommand({ StackName: 'Fails' }), StackId);

  await create('Fails', await template('A'));
  const child = await childOf('Fails', 'Child');
  const TemplateBody = JSON.stringify(await template('B', broken));
  await ended(new UpdateStackCommand({ StackName: 'Fails', TemplateBody, DisableRollback: true }));
  expect((await stackOf('Fails'))?.StackStatus).toBe('UPDATE_FAILED');
  await ended(new RollbackStackCommand({ StackName: 'Fails' }));
  expect((await stackOf('Fails'))?.StackStatus).toBe('UPDATE_ROLLBACK_COMPLETE');
  expect((await events('Fails')).filter((event) => event.startsWith('Child')).slice(2)).toEqual([
    'Child UPDATE_IN_PROGRESS',
    'Child UPDATE_FAILED',
    'Child UPDATE_IN_PROGRESS',
    'Child UPDATE_COMPLETE',
  ]);
  expect((await events(child.StackId as string)).at(-1)).toBe('Fails-Child UPDATE_ROLLBACK_COMPLETE');
  const { TemplateBody: now } = await client.send(new GetTemplateCommand({ StackName: child.StackId }));
  expect(JSON.parse(now ?? '')).toMatchObject({ Resources: { A: thing('a') } });
});

test('nobody does anything to a nested stack by itself', async () => {
  const { StackId, RootId } = await childOf('Fails', 'Child');
  const refused = `is nested; it is changed, rolled back and deleted with ${RootId}`;
  const update = new UpdateStackCommand({ StackName: StackId, TemplateBody: JSON.stringify({ Resources: { Own: thing('z') } }) });
  await expect(client.send(update)).rejects.toThrow(refused);
  await expect(client.send(new DeleteStackCommand({ StackName: StackId }))).rejects.toThrow(refused);
});

async function nested(template: object, Parameters: object = {}): Promise<object> {
  const Key = `template-${uploaded++}.json`;
  await s3.send(new PutObjectCommand({ Bucket: 'templates', Key, Body: JSON.stringify(template) }));
  return { Type: 'AWS::CloudFormation::Stack', Properties: { TemplateURL: `${account.url}/templates/${Key}`, Parameters } };
}

async function create(StackName: string, template: object): Promise<void> {
  await ended(new CreateStackCommand({ StackName, TemplateBody: JSON.stringify(template) }));
}

async function ended(
  command: CreateStackCommand | UpdateStackCommand | DeleteStackCommand | RollbackStackCommand,
  id?: string,
): Promise<void> {
  await client.send(command as CreateStackCommand);
  const name = id ?? (command.input.StackName as string);
  while ((await stackOf(name))?.StackStatus?.endsWith('_IN_PROGRESS')) await new Promise((next) => setTimeout(next, 20));
}

async function stackOf(StackName: string): Promise<Stack | undefined> {
  return (await client.send(new DescribeStacksCommand({ StackName }))).Stacks?.[0];
}

async function childOf(StackName: string, LogicalResourceId: string): Promise<Stack> {
  const { StackResourceDetail } = await client.send(new DescribeStackResourceCommand({ StackName, LogicalResourceId }));
  return (await stackOf(StackResourceDetail?.PhysicalResourceId as string)) as Stack;
}

/** The oldest first. */
async function events(StackName: string): Promise<string[]> {
  const { StackEvents = [] } = await client.send(new DescribeStackEventsCommand({ StackName }));
  return StackEvents.map(({ LogicalResourceId, ResourceStatus }) => `${LogicalResourceId} ${ResourceStatus}`).reverse();
}
