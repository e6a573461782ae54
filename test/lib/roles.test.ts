import { expect, test } from '@jest/globals';
import { Duration, Stack } from 'aws-cdk-lib';
import { AttributeType, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { AccountRootPrincipal, Role } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { TABLE_KEY_ACTIONS } from '../../lib/perms';
import {
  logicalIdAt,
  NPM_STDIO,
  newFleet,
  newServer,
  newStack,
  resourceAt,
  statementsOf,
  taskRoleOf,
  templateOf,
  textOf,
} from './example-fleet';

test('the gateway may claim and settle in the ledger, and has no way to delete there', () => {
  const template = templateOf(newServer());
  const statements = statementsOf(template, taskRoleOf(template, /Gateway\/Task/));
  const ledger = logicalIdAt(template, 'AWS::DynamoDB::GlobalTable', /Ledger/);

  const onLedger = statements.filter((statement) => JSON.stringify(statement.Resource).includes(ledger));
  expect(onLedger).toEqual([
    {
      Effect: 'Allow',
      Action: ['dynamodb:GetItem', 'dynamodb:PartiQLInsert', 'dynamodb:PutItem', 'dynamodb:UpdateItem'],
      Resource: { 'Fn::GetAtt': [ledger, 'Arn'] },
    },
    { Effect: 'Allow', Action: ['dynamodb:DescribeTable'], Resource: expect.arrayContaining([{ 'Fn::GetAtt': [ledger, 'Arn'] }]) },
  ]);
  expect(statements.filter((statement) => statement.Resource === '*')).toEqual([]);
});

test('the janitor may look into the index, and end what it finds', () => {
  const template = templateOf(newServer());
  const ledger = logicalIdAt(template, 'AWS::DynamoDB::GlobalTable', /Ledger/);
  const statements = statementsOf(template, logicalIdAt(template, 'AWS::IAM::Role', /LedgerJanitor\/Role/));
  const onTables = statements.filter(({ Action }) => Action.some((action) => action.startsWith('dynamodb:')));

  expect(onTables.map(({ Action, Resource }) => [Action, textOf(Resource)])).toEqual([
    [['dynamodb:GetItem', 'dynamodb:UpdateItem'], `<${ledger}.Arn>`],
    [['dynamodb:Query'], `<${ledger}.Arn>/index/unsettled`],
    [['dynamodb:Query'], `<${logicalIdAt(template, 'AWS::DynamoDB::GlobalTable', /Allowlist/)}.Arn>`],
  ]);
  expect(onTables.at(-1)?.Condition).toEqual({ 'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': ['servers'] } });
  const others = statements.filter((statement) => !onTables.includes(statement)).flatMap(({ Action }) => Action);
  expect(new Set(others.map((action) => action.split(':')[0]))).toEqual(new Set(['kms', 'logs']));
});

test('the archiver reads the stream, makes keys and puts objects; it cannot touch the table, nor delete, nor end what is retained', () => {
  const template = templateOf(newServer());
  const ledger = logicalIdAt(template, 'AWS::DynamoDB::GlobalTable', /Ledger/);
  const archive = logicalIdAt(template, 'AWS::S3::Bucket', /Mcp\/Archive\//);
  const statements = statementsOf(template, logicalIdAt(template, 'AWS::IAM::Role', /LedgerArchiver\/Role/));
  const logs = ({ Action }: { Action: string[] }) => Action.some((action) => action.startsWith('logs:'));

  expect(statements.filter((statement) => !logs(statement)).map(({ Action, Resource }) => [Action, textOf(Resource)])).toEqual([
    [['dynamodb:DescribeStream', 'dynamodb:GetRecords', 'dynamodb:GetShardIterator'], `<${ledger}.StreamArn>`],
    // Which streams there are: DynamoDB knows no resource for it.
    [['dynamodb:ListStreams'], '*'],
    // Of the stream, and of the table of keys.
    [TABLE_KEY_ACTIONS, expect.stringMatching(/Key.*Arn/)],
    [['dynamodb:PartiQLInsert', 'dynamodb:Query'], `<${logicalIdAt(template, 'AWS::DynamoDB::GlobalTable', /AgentKeys/)}.Arn>`],
    [['s3:GetObject', 's3:GetObjectVersion', 's3:PutObject'], `<${archive}.Arn>/*`],
    [['s3:ListBucket', 's3:ListBucketVersions'], `<${archive}.Arn>`],
    [['kms:Decrypt', 'kms:GenerateDataKey'], expect.stringMatching(/Key.*Arn/)],
  ]);
});

test('only gateway, janitor and archiver reach the ledger, and nobody deletes there', () => {
  const template = templateOf(newServer());
  const ledger = logicalIdAt(template, 'AWS::DynamoDB::GlobalTable', /Ledger/);
  const reaching = Object.keys(template.findResources('AWS::IAM::Role')).flatMap((role) => {
    const onLedger = statementsOf(template, role).filter(({ Resource }) => Resource === '*' || JSON.stringify(Resource).includes(ledger));
    const actions = onLedger.flatMap(({ Action }) => Action).filter((action) => /^(dynamodb:.*|\*)$/.test(action));
    return actions.length === 0 ? [] : [[role, actions]];
  });

  expect(Object.fromEntries(reaching)).toEqual({
    [taskRoleOf(template, /Gateway\/Task/)]: [
      'dynamodb:GetItem',
      'dynamodb:PartiQLInsert',
      'dynamodb:PutItem',
      'dynamodb:UpdateItem',
      'dynamodb:DescribeTable',
    ],
    [logicalIdAt(template, 'AWS::IAM::Role', /LedgerJanitor\/Role/)]: ['dynamodb:GetItem', 'dynamodb:UpdateItem', 'dynamodb:Query'],
    [logicalIdAt(template, 'AWS::IAM::Role', /LedgerArchiver\/Role/)]: [
      'dynamodb:DescribeStream',
      'dynamodb:GetRecords',
      'dynamodb:GetShardIterator',
      'dynamodb:ListStreams',
    ],
  });
});

test('everything that the gateway may do is known', () => {
  const template = templateOf(newServer());
  const statements = statementsOf(template, taskRoleOf(template, /Gateway\/Task/));

  expect([...new Set(statements.flatMap((statement) => statement.Action))].sort()).toEqual([
    'dynamodb:DescribeTable',
    'dynamodb:GetItem',
    'dynamodb:PartiQLInsert',
    'dynamodb:PutItem',
    'dynamodb:Query',
    'dynamodb:UpdateItem',
    'kms:Decrypt',
    'kms:DescribeKey',
    'kms:Encrypt',
    'kms:GenerateDataKey',
    'kms:ReEncryptFrom',
    'kms:ReEncryptTo',
    'lambda:InvokeFunction',
    'secretsmanager:GetSecretValue',
  ]);
  const allowlist = logicalIdAt(template, 'AWS::DynamoDB::GlobalTable', /Allowlist/);
  const onAllowlist = statements.filter(
    ({ Resource, Action }) => JSON.stringify(Resource).includes(allowlist) && !Action.includes('dynamodb:DescribeTable'),
  );
  expect(onAllowlist).toEqual([
    {
      Effect: 'Allow',
      Action: ['dynamodb:GetItem'],
      Resource: { 'Fn::GetAtt': [allowlist, 'Arn'] },
      Condition: { 'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': ['orders'] } },
    },
    {
      Effect: 'Allow',
      Action: ['dynamodb:GetItem', 'dynamodb:Query'],
      Resource: { 'Fn::GetAtt': [allowlist, 'Arn'] },
      Condition: { 'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': ['servers'] } },
    },
  ]);
});

test('an operator may freeze and lift, and look up what there is; nobody else may', () => {
  const fleet = newFleet();
  fleet.grantFreeze(new Role(Stack.of(fleet), 'Operator', { assumedBy: new AccountRootPrincipal() }));
  const template = templateOf(fleet);
  const allowlist = { 'Fn::GetAtt': [logicalIdAt(template, 'AWS::DynamoDB::GlobalTable', /Allowlist/), 'Arn'] };

  const statements = statementsOf(template, logicalIdAt(template, 'AWS::IAM::Role', /Operator/));
  expect(statements.filter(({ Action }) => Action.some((action) => action.startsWith('dynamodb:')))).toEqual([
    {
      Effect: 'Allow',
      Action: ['dynamodb:Query'],
      Resource: allowlist,
      Condition: { 'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': ['servers'] } },
    },
    {
      Effect: 'Allow',
      Action: ['dynamodb:GetItem', 'dynamodb:UpdateItem'],
      Resource: allowlist,
      Condition: { 'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': ['orders'] } },
    },
    { Effect: 'Allow', Action: ['dynamodb:Scan'], Resource: allowlist },
  ]);
});

const TAGGED = '{"StringEquals":{"aws:ResourceTag/cdk-mcp-fleet:fleet":"orders"}}';

test('the gateway reads the seal key, the sidecar keys, and what has the tag of its fleet; no secret of a server', () => {
  const template = templateOf(newServer());
  const statements = statementsOf(template, taskRoleOf(template, /Gateway\/Task/));
  const secrets = statements.filter((statement) => statement.Action.includes('secretsmanager:GetSecretValue'));

  const isTagged = ({ Condition }: { Condition?: unknown }) => JSON.stringify(Condition) === TAGGED;
  expect(secrets.filter((statement) => !isTagged(statement)).flatMap((statement) => statement.Resource)).toEqual([
    { Ref: logicalIdAt(template, 'AWS::SecretsManager::Secret', /SealKey/) },
    { Ref: logicalIdAt(template, 'AWS::SecretsManager::Secret', /tickets\/SidecarKey/) },
  ]);
  expect(secrets.filter(isTagged)).toHaveLength(1);
});

test('an operator reads what programs write by the tag of the fleet, which the log groups of all of them have and that of the network has not', () => {
  const fleet = newFleet();
  fleet.grantOperate(new Role(Stack.of(fleet), 'Operator', { assumedBy: new AccountRootPrincipal() }));
  newServer({}, fleet);
  const template = templateOf(fleet);
  const statements = statementsOf(template, logicalIdAt(template, 'AWS::IAM::Role', /Operator/));
  const reading = statements.filter(({ Action }) => Action.some((action) => action.startsWith('logs:')));
  expect(reading.map(({ Action, Resource, Condition }) => [Action, textOf(Resource), JSON.stringify(Condition)])).toEqual([
    [['logs:FilterLogEvents'], 'arn:<AWS::Partition>:logs:<AWS::Region>:<AWS::AccountId>:log-group:*', TAGGED],
  ]);
  const groups = Object.values(template.findResources('AWS::Logs::LogGroup')).map(({ Metadata, Properties }) => [
    /(\w+\/\w+)\/Resource$/.exec(Metadata?.['aws:cdk:path'])?.[1],
    JSON.stringify(Properties.Tags ?? []).includes('cdk-mcp-fleet:fleet'),
  ]);
  const untagged = groups.flatMap(([path, isTagged]) => (isTagged ? [] : [path]));
  expect(untagged).toEqual(['Vpc/Logs']);
  expect(groups.map(([path]) => path)).toEqual(
    expect.arrayContaining(['Gateway/Logs', 'tickets/Logs', 'tickets/ServerLogs', 'Authorizer/Logs']),
  );
});

test("the fleet's key is used through DynamoDB and Secrets Manager only", () => {
  const template = templateOf(newServer());
  const statements = statementsOf(template, taskRoleOf(template, /Gateway\/Task/));
  const services = statements
    .filter((statement) => statement.Action.includes('kms:Decrypt'))
    .map((statement) => JSON.stringify(statement.Condition));

  expect(services).toHaveLength(2);
  expect(services[0]).toContain('kms:ViaService');
  expect(services[0]).toContain('dynamodb.');
  expect(services[1]).toContain('secretsmanager.');
});

test.each([
  ['http', {}],
  ['stdio', { runtime: NPM_STDIO }],
])('a server (%s) may protect tasks of its own service, read how it is deployed, and nothing else', (_, props) => {
  const fleet = newFleet();
  newServer(props, fleet);
  fleet.addServer('notes', { runtime: NPM_STDIO });
  const template = templateOf(fleet);
  const cluster = logicalIdAt(template, 'AWS::ECS::Cluster', /Cluster/);

  const statements = statementsOf(template, taskRoleOf(template, /tickets\/Task/));
  expect(statements.map(({ Action, Resource }) => [Action, textOf(Resource)])).toEqual([
    [['ecs:DescribeTasks', 'ecs:UpdateTaskProtection'], `arn:<AWS::Partition>:ecs:<AWS::Region>:<AWS::AccountId>:task/<${cluster}>/*`],
    [['ecs:DescribeServices'], `arn:<AWS::Partition>:ecs:<AWS::Region>:<AWS::AccountId>:service/<${cluster}>/*`],
  ]);
  const tagsOf = (path: RegExp): { Key: string; Value: unknown }[] => resourceAt(template, 'AWS::ECS::Service', path).Properties.Tags ?? [];
  const own = tagsOf(/tickets/).find(({ Key }) => Key === 'cdk-mcp-fleet:service')?.Value;
  for (const { Condition } of statements)
    expect(Condition).toEqual({
      ArnEquals: { 'ecs:cluster': { 'Fn::GetAtt': [cluster, 'Arn'] } },
      StringEquals: { 'aws:ResourceTag/cdk-mcp-fleet:service': own },
    });
  // A task has the tags of its service only where the service hands them down.
  expect(resourceAt(template, 'AWS::ECS::Service', /tickets/).Properties.PropagateTags).toBe('SERVICE');
  expect(textOf(own)).toMatch(/^<AWS::StackName>\/tickets-/);
  for (const other of [/notes/, /Gateway/]) expect(tagsOf(other).map(({ Value }) => textOf(Value))).not.toContain(textOf(own));
});

test('a company grants a server its own table, and that reaches no other server', () => {
  const fleet = newFleet();
  const tickets = newServer({}, fleet);
  fleet.addServer('notes', { runtime: NPM_STDIO });
  const table = new TableV2(Stack.of(fleet), 'Tickets', { partitionKey: { name: 'id', type: AttributeType.STRING } });
  table.grant(tickets, 'dynamodb:GetItem');
  const template = templateOf(fleet);

  expect(statementsOf(template, taskRoleOf(template, /tickets\/Task/)).map((statement) => statement.Action)).toContainEqual([
    'dynamodb:GetItem',
  ]);
  expect(statementsOf(template, taskRoleOf(template, /notes\/Task/)).flatMap(({ Action }) => Action)).not.toContain('dynamodb:GetItem');
});

test('the functions of the allowlist may use it by exactly what they do, and of sessions none', () => {
  const template = templateOf(newFleet());
  const allowlist = { 'Fn::GetAtt': [logicalIdAt(template, 'AWS::DynamoDB::GlobalTable', /Allowlist/), 'Arn'] };
  const directory = { 'Fn::GetAtt': [logicalIdAt(template, 'AWS::DynamoDB::GlobalTable', /Directory/), 'Arn'] };
  const onTables = (role: RegExp) =>
    statementsOf(template, logicalIdAt(template, 'AWS::IAM::Role', role))
      .filter((statement) => statement.Action.some((action) => action.startsWith('dynamodb:')))
      .map(({ Effect: _, ...statement }) => statement);

  expect(onTables(/Authorizer\/Role/)).toEqual([
    { Action: ['dynamodb:Query'], Resource: allowlist },
    {
      Action: ['dynamodb:GetItem'],
      Resource: directory,
      Condition: { 'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': ['sightings'] } },
    },
  ]);
  expect(onTables(/AllowlistSync\/Role/)).toEqual([
    { Action: ['dynamodb:BatchWriteItem', 'dynamodb:Query', 'dynamodb:Scan'], Resource: allowlist },
    {
      Action: ['dynamodb:DeleteItem', 'dynamodb:PutItem', 'dynamodb:Query', 'dynamodb:UpdateItem'],
      Resource: allowlist,
      Condition: { 'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': ['servers'] } },
    },
  ]);
});

test('with an imported key, whose policy cannot be changed, sidecars may still be given theirs', () => {
  const stack = newStack();
  const encryptionKey = Key.fromKeyArn(stack, 'Imported', 'arn:aws:kms:eu-west-1:111122223333:key/1a2b');
  const template = templateOf(newServer({}, newFleet(stack, { encryptionKey })));
  const role = logicalIdAt(template, 'AWS::IAM::Role', /tickets\/Task\/ExecutionRole/);

  template.resourceCountIs('AWS::KMS::Key', 0);
  expect(statementsOf(template, role)).toContainEqual(
    expect.objectContaining({ Action: ['kms:Decrypt'], Resource: 'arn:aws:kms:eu-west-1:111122223333:key/1a2b' }),
  );
});

test('key rotation may make and promote versions of the keys of the fleet, which Secrets Manager has it do', () => {
  const fleet = newFleet(newStack(), { keyRotation: Duration.days(30) });
  newServer({}, fleet);
  const template = templateOf(fleet);
  const keys = Object.keys(template.findResources('AWS::SecretsManager::Secret'));
  const statements = statementsOf(template, logicalIdAt(template, 'AWS::IAM::Role', /KeyRotation\/Role/));
  const onSecrets = statements.filter(({ Action }) => Action.some((action) => action.startsWith('secretsmanager:')));
  const named = onSecrets.filter(({ Condition }) => JSON.stringify(Condition) !== TAGGED);
  expect(named.flatMap(({ Resource }) => [Resource].flat()).map((resource) => textOf(resource))).toEqual(keys.map((key) => `<${key}>`));
  expect(new Set(onSecrets.flatMap(({ Action }) => Action))).toEqual(
    new Set(['DescribeSecret', 'GetSecretValue', 'PutSecretValue', 'UpdateSecretVersionStage'].map((action) => `secretsmanager:${action}`)),
  );
  const schedules = Object.values(template.findResources('AWS::SecretsManager::RotationSchedule')).map(({ Properties }) => Properties);
  expect(schedules.map(({ SecretId }) => SecretId.Ref).sort()).toEqual(keys.sort());
  for (const { RotationRules } of schedules) expect(RotationRules).toEqual({ ScheduleExpression: 'rate(30 days)' });
});

test('nobody but who is granted it destroys the key of an agent, and nobody else than the archiver makes one', () => {
  const fleet = newFleet();
  const stack = Stack.of(fleet);
  const [operator, shredder] = ['Operator', 'Privacy'].map((id) => new Role(stack, id, { assumedBy: new AccountRootPrincipal() }));
  fleet.grantOperate(operator as Role);
  fleet.grantShred(shredder as Role);
  const template = templateOf(fleet);
  const keys = logicalIdAt(template, 'AWS::DynamoDB::GlobalTable', /AgentKeys/);
  const reaching = Object.keys(template.findResources('AWS::IAM::Role')).flatMap((role) => {
    const onKeys = statementsOf(template, role).filter(({ Resource }) => JSON.stringify(Resource).includes(keys));
    return onKeys.length === 0 ? [] : [[role, onKeys.flatMap(({ Action }) => Action)]];
  });
  expect(Object.fromEntries(reaching)).toEqual({
    [logicalIdAt(template, 'AWS::IAM::Role', /LedgerArchiver\/Role/)]: ['dynamodb:PartiQLInsert', 'dynamodb:Query'],
    [logicalIdAt(template, 'AWS::IAM::Role', /Operator/)]: ['dynamodb:Query'],
    [logicalIdAt(template, 'AWS::IAM::Role', /Privacy/)]: ['dynamodb:Query', 'dynamodb:UpdateItem'],
  });
});
