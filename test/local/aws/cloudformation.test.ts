import {
  CloudFormationClient,
  CreateChangeSetCommand,
  CreateStackCommand,
  DeleteChangeSetCommand,
  DeleteStackCommand,
  DescribeChangeSetCommand,
  DescribeStackDriftDetectionStatusCommand,
  DescribeStackEventsCommand,
  DescribeStackResourceDriftsCommand,
  DescribeStackResourcesCommand,
  DescribeStacksCommand,
  DetectStackDriftCommand,
  ExecuteChangeSetCommand,
  GetStackPolicyCommand,
  GetTemplateCommand,
  GetTemplateSummaryCommand,
  ListExportsCommand,
  ListImportsCommand,
  ListStackResourcesCommand,
  ListStacksCommand,
  ListTypesCommand,
  paginateDescribeStackEvents,
  paginateListStackResources,
  RollbackStackCommand,
  SetStackPolicyCommand,
  UpdateStackCommand,
  UpdateTerminationProtectionCommand,
  ValidateTemplateCommand,
  waitUntilStackCreateComplete,
  waitUntilStackDeleteComplete,
} from '@aws-sdk/client-cloudformation';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { OPERATOR_CREDENTIALS } from '../../../local/processes/credentials';
import { BOOTSTRAP_OUTPUT, BROKEN, BROKEN_NAME, type DeployedAccount, startDeployedAccount } from '../fixtures/deployed-account';

const ODD = `<Tag a="1"> & 'x' ]]> \r\n é 🦊`;
let account: DeployedAccount;
let client: CloudFormationClient;
let url: string;

beforeAll(async () => {
  account = await startDeployedAccount();
  url = account.url;
  client = new CloudFormationClient(account.client);
});

afterAll(async () => {
  client.destroy();
  await account.stop();
});

describe('a stack', () => {
  test('comes by a change set, changes, and goes', async () => {
    const StackName = 'Whole';
    const Tags = [{ Key: 'team', Value: ODD }];
    const TemplateBody = template({ Thing: { Type: 'Test::Thing' } }, { Out: { Value: ODD, Export: { Name: 'Whole-Out' } } });
    const given = { StackName, ChangeSetName: 'first', ChangeSetType: 'CREATE' as const, TemplateBody, Tags };
    const { Id, StackId } = await client.send(
      new CreateChangeSetCommand({ ...given, Parameters: [{ ParameterKey: 'P', ParameterValue: ODD }] }),
    );
    const described = await client.send(new DescribeChangeSetCommand({ ChangeSetName: Id }));
    expect(described).toMatchObject({ ChangeSetName: 'first', StackId, Status: 'CREATE_COMPLETE', ExecutionStatus: 'AVAILABLE', Tags });
    expect(described.Changes?.[0]?.ResourceChange).toMatchObject({
      Action: 'Add',
      LogicalResourceId: 'Thing',
      ResourceType: 'Test::Thing',
    });
    await client.send(new ExecuteChangeSetCommand({ StackName, ChangeSetName: 'first', ClientRequestToken: 'token' }));
    await waitUntilStackCreateComplete({ client, maxWaitTime: 10, minDelay: 1, maxDelay: 1 }, { StackName });

    const { Stacks } = await client.send(new DescribeStacksCommand({ StackName: StackId }));
    expect(Stacks).toMatchObject([
      { StackName, StackId, StackStatus: 'CREATE_COMPLETE', Tags, ChangeSetId: Id, DisableRollback: false, CreationTime: expect.any(Date) },
    ]);
    expect(Stacks?.[0]?.Outputs).toEqual([{ OutputKey: 'Out', OutputValue: ODD, ExportName: 'Whole-Out' }]);
    expect(Stacks?.[0]?.Parameters).toEqual([{ ParameterKey: 'P', ParameterValue: ODD }]);
    expect((await client.send(new GetTemplateCommand({ StackName }))).TemplateBody).toBe(TemplateBody);
    const { StackEvents } = await client.send(new DescribeStackEventsCommand({ StackName }));
    expect(StackEvents?.[0]).toMatchObject({
      ResourceStatus: 'CREATE_COMPLETE',
      LogicalResourceId: StackName,
      ClientRequestToken: 'token',
    });
    expect((await client.send(new ListStackResourcesCommand({ StackName }))).StackResourceSummaries).toMatchObject([
      { LogicalResourceId: 'Thing' },
    ]);
    expect((await client.send(new DescribeStackResourcesCommand({ StackName }))).StackResources).toMatchObject([
      { StackName, PhysicalResourceId: 'Whole-Thing' },
    ]);
    expect((await client.send(new ListExportsCommand({}))).Exports).toMatchObject([
      { Name: 'Whole-Out', Value: ODD, ExportingStackId: StackId },
    ]);
    await expect(client.send(new ListImportsCommand({ ExportName: 'Whole-Out' }))).rejects.toThrow('not imported by any stack');

    const same = {
      StackName,
      ChangeSetName: 'same',
      UsePreviousTemplate: true,
      Parameters: [{ ParameterKey: 'P', UsePreviousValue: true }],
    };
    await client.send(new CreateChangeSetCommand(same));
    expect(await client.send(new DescribeChangeSetCommand(same))).toMatchObject({
      Status: 'FAILED',
      StatusReason: expect.stringContaining("didn't contain changes"),
    });
    await expect(client.send(new ExecuteChangeSetCommand(same))).rejects.toMatchObject({ name: 'InvalidChangeSetStatusException' });
    await client.send(new DeleteChangeSetCommand(same));
    await client.send(new DeleteChangeSetCommand(same));
    await expect(client.send(new DescribeChangeSetCommand(same))).rejects.toMatchObject({ name: 'ChangeSetNotFoundException' });

    await client.send(new UpdateTerminationProtectionCommand({ StackName, EnableTerminationProtection: true }));
    await expect(client.send(new DeleteStackCommand({ StackName }))).rejects.toThrow('TerminationProtection is enabled');
    await client.send(new UpdateTerminationProtectionCommand({ StackName, EnableTerminationProtection: false }));
    await client.send(new DeleteStackCommand({ StackName }));
    await waitUntilStackDeleteComplete({ client, maxWaitTime: 10, minDelay: 1, maxDelay: 1 }, { StackName: StackId as string });
    await expect(client.send(new DescribeStacksCommand({ StackName }))).rejects.toThrow(`Stack with id ${StackName} does not exist`);
    const deleted = await client.send(new ListStacksCommand({ StackStatusFilter: ['DELETE_COMPLETE'] }));
    expect(deleted.StackSummaries).toMatchObject([{ StackName, DeletionTime: expect.any(Date) }]);
    await client.send(new DeleteStackCommand({ StackName }));
  });

  test('comes and changes directly, stays as it failed, and rolls back', async () => {
    const StackName = 'Direct';
    await client.send(new CreateStackCommand({ StackName, TemplateBody: template({ Thing: { Type: 'Test::Thing' } }) }));
    await waitUntilStackCreateComplete({ client, maxWaitTime: 10, minDelay: 1, maxDelay: 1 }, { StackName });
    await expect(client.send(new CreateStackCommand({ StackName, TemplateBody: template({}) }))).rejects.toMatchObject({
      name: 'AlreadyExistsException',
    });
    const same = { StackName, UsePreviousTemplate: true };
    await expect(client.send(new UpdateStackCommand(same))).rejects.toThrow('No updates are to be performed.');
    const broken = template({ Other: BROKEN }, BOOTSTRAP_OUTPUT);
    await client.send(new UpdateStackCommand({ StackName, TemplateBody: broken, DisableRollback: true }));
    await status(StackName, 'UPDATE_FAILED');
    const { StackEvents } = await client.send(new DescribeStackEventsCommand({ StackName }));
    expect(StackEvents?.find(({ LogicalResourceId }) => LogicalResourceId === 'Other')?.ResourceStatusReason).toBe(
      `"${BROKEN_NAME}" is no name of a bucket.`,
    );
    await client.send(new RollbackStackCommand({ StackName }));
    await status(StackName, 'UPDATE_ROLLBACK_COMPLETE');
    const { StackEvents: all = [] } = await client.send(new DescribeStackEventsCommand({ StackName }));
    const operations = new Map(all.map(({ OperationId, ResourceStatus }) => [OperationId, ResourceStatus]));
    expect([...operations.values()]).toEqual(['UPDATE_ROLLBACK_IN_PROGRESS', 'UPDATE_IN_PROGRESS', 'CREATE_IN_PROGRESS']);
    await client.send(new SetStackPolicyCommand({ StackName, StackPolicyBody: '{"Statement":[]}' }));
    expect((await client.send(new GetStackPolicyCommand({ StackName }))).StackPolicyBody).toBe('{"Statement":[]}');
  });

  test('stays what it is while another imports of it', async () => {
    const exporting = template({ Thing: { Type: 'Test::Thing' } }, { Out: { Value: 'v', Export: { Name: 'Lender-Out' } } });
    const importing = template({ Thing: { Type: 'Test::Thing', Properties: { Value: { 'Fn::ImportValue': 'Lender-Out' } } } }, {});
    const common = { maxWaitTime: 10, minDelay: 1, maxDelay: 1 };
    for (const [StackName, TemplateBody] of Object.entries({ Lender: exporting, Borrower: importing })) {
      await client.send(new CreateStackCommand({ StackName, TemplateBody }));
      await waitUntilStackCreateComplete({ client, ...common }, { StackName });
    }
    expect((await client.send(new ListImportsCommand({ ExportName: 'Lender-Out' }))).Imports).toEqual(['Borrower']);
    const another = template({ Thing: { Type: 'Test::Thing' } }, { Out: { Value: 'w', Export: { Name: 'Lender-Out' } } });
    await expect(client.send(new UpdateStackCommand({ StackName: 'Lender', TemplateBody: another }))).rejects.toThrow(
      'Export Lender-Out cannot be updated as it is in use by Borrower.',
    );
    const told = template({ Own: { Type: 'Custom::Thing' } }, { Out: { Value: { Ref: 'Own' }, Export: { Name: 'Lender-Out' } } });
    await client.send(new UpdateStackCommand({ StackName: 'Lender', TemplateBody: told }));
    await status('Lender', 'UPDATE_ROLLBACK_COMPLETE');
    const { StackEvents } = await client.send(new DescribeStackEventsCommand({ StackName: 'Lender' }));
    expect(StackEvents?.find(({ ResourceStatus }) => String(ResourceStatus) === 'UPDATE_ROLLBACK_IN_PROGRESS')).toMatchObject({
      ResourceStatusReason: expect.stringMatching(/^Export Lender-Out cannot be updated as it is in use by Borrower\./),
    });

    await client.send(new DeleteStackCommand({ StackName: 'Lender' }));
    const stack = async () => (await client.send(new DescribeStacksCommand({ StackName: 'Lender' }))).Stacks?.[0];
    while ((await stack())?.StackStatus === 'DELETE_IN_PROGRESS') await new Promise((resolve) => setTimeout(resolve, 50));
    expect(await stack()).toMatchObject({
      StackStatus: 'UPDATE_ROLLBACK_COMPLETE',
      StackStatusReason: expect.stringContaining('Export Lender-Out cannot be deleted as it is in use by Borrower.'),
    });
    for (const StackName of ['Borrower', 'Lender']) {
      await client.send(new DeleteStackCommand({ StackName }));
      await waitUntilStackDeleteComplete({ client, ...common }, { StackName });
    }
  });

  test('that imports what nobody exports is refused, on the sides that its conditions choose', async () => {
    const TemplateBody = (wanted: string) =>
      JSON.stringify({
        Conditions: { Wanted: { 'Fn::Equals': [wanted, 'yes'] } },
        Resources: { A: { Type: 'Test::Thing', Properties: { V: { 'Fn::If': ['Wanted', { 'Fn::ImportValue': 'nobody-has-it' }, 'x'] } } } },
      });
    await expect(client.send(new CreateStackCommand({ StackName: 'Imports', TemplateBody: TemplateBody('yes') }))).rejects.toThrow(
      'No export named nobody-has-it found',
    );
    await client.send(new CreateStackCommand({ StackName: 'Imports', TemplateBody: TemplateBody('no') }));
    await status('Imports', 'CREATE_COMPLETE');
  });

  test('with many resources is told page by page', async () => {
    const StackName = 'Many';
    const resources = Object.fromEntries(Array.from({ length: 250 }, (_, at) => [`R${at}`, { Type: 'Test::Thing' }]));
    await client.send(new CreateStackCommand({ StackName, TemplateBody: template(resources) }));
    await waitUntilStackCreateComplete({ client, maxWaitTime: 20, minDelay: 1, maxDelay: 1 }, { StackName });
    const found = new Set<string>();
    for await (const { StackResourceSummaries = [] } of paginateListStackResources({ client }, { StackName }))
      for (const { LogicalResourceId } of StackResourceSummaries) found.add(String(LogicalResourceId));
    expect(found.size).toBe(250);
    const times: number[] = [];
    for await (const { StackEvents = [] } of paginateDescribeStackEvents({ client }, { StackName }))
      for (const { Timestamp } of StackEvents) times.push(Number(Timestamp));
    expect(times).toHaveLength(502);
    // Who sorts them by time gets the order in which things happened.
    expect(times.every((time, at) => at === 0 || time < (times[at - 1] as number))).toBe(true);
    const first = await client.send(new ListStackResourcesCommand({ StackName }));
    for (const [command, token] of [
      [new ListStackResourcesCommand({ StackName, NextToken: 'mine' }), 'forged'],
      [new DescribeStackEventsCommand({ StackName, NextToken: String(first.NextToken) }), 'of another list'],
    ] as const)
      await expect([token, await client.send(command as ListStackResourcesCommand).catch((error) => error.name)]).toEqual([
        token,
        'ValidationError',
      ]);
  });

  test('is as its template says', async () => {
    const StackName = 'Many';
    const { StackDriftDetectionId } = await client.send(new DetectStackDriftCommand({ StackName }));
    const detection = await client.send(new DescribeStackDriftDetectionStatusCommand({ StackDriftDetectionId }));
    expect(detection).toMatchObject({ DetectionStatus: 'DETECTION_COMPLETE', StackDriftStatus: 'IN_SYNC' });
    const { StackResourceDrifts } = await client.send(new DescribeStackResourceDriftsCommand({ StackName }));
    expect(StackResourceDrifts).toContainEqual(expect.objectContaining({ LogicalResourceId: 'R0', StackResourceDriftStatus: 'IN_SYNC' }));
  });
});

describe('a template', () => {
  const validate = (TemplateBody: string) => client.send(new ValidateTemplateCommand({ TemplateBody }));

  test('is read as JSON and as YAML', async () => {
    const yaml =
      'Description: it\nParameters:\n  Key: {Type: String, Default: 2012-10-17, NoEcho: true}\nResources:\n  Role:\n    Type: AWS::IAM::Role\n    Properties: {RoleName: !Sub my-name}\n';
    expect(await validate(yaml)).toMatchObject({
      Description: 'it',
      Parameters: [{ ParameterKey: 'Key', DefaultValue: '2012-10-17', NoEcho: true }],
      Capabilities: ['CAPABILITY_NAMED_IAM'],
    });
    const summary = await client.send(new GetTemplateSummaryCommand({ TemplateBody: template({ T: { Type: 'AWS::DynamoDB::Table' } }) }));
    expect(summary).toMatchObject({
      ResourceTypes: ['AWS::DynamoDB::Table'],
      ResourceIdentifierSummaries: [
        { ResourceType: 'AWS::DynamoDB::Table', LogicalResourceIds: ['T'], ResourceIdentifiers: ['TableName'] },
      ],
    });
  });

  test("comes from the account's S3, by either style of address", async () => {
    account.publishing.objects.createBucket('templates');
    const s3 = new S3Client({ ...account.client, forcePathStyle: true });
    const Body = template({ A: { Type: 'Test::Thing' }, Note: { Type: 'Test::Thing', Metadata: 'x'.repeat(60_000) } });
    await s3.send(new PutObjectCommand({ Bucket: 'templates', Key: 'a b.json', Body }));
    await s3.send(new PutObjectCommand({ Bucket: 'templates', Key: 'large.json', Body: ' '.repeat(1_000_001) }));
    s3.destroy();
    const read = (TemplateURL: string) => client.send(new ValidateTemplateCommand({ TemplateURL }));
    for (const TemplateURL of [
      'https://s3.us-east-1.amazonaws.com/templates/a%20b.json',
      'https://templates.s3.amazonaws.com/a%20b.json',
      `${url}/templates/a%20b.json`,
    ])
      expect(await read(TemplateURL)).toMatchObject({ Parameters: [{ ParameterKey: 'P' }] });
    await expect(read('https://s3.us-east-1.amazonaws.com/templates/nothing.json')).rejects.toThrow('S3 error');
    await expect(read('https://s3.us-east-1.amazonaws.com/templates/large.json')).rejects.toThrow('greater than the maximum');
    for (const TemplateURL of [
      'https://evil.example/templates/a.json',
      'file:///etc/passwd',
      'https://s3.amazonaws.com.evil.example/templates/a',
    ])
      await expect(read(TemplateURL)).rejects.toThrow('must be a supported URL');
  });

  test.each([
    ['{"Resources":', 'JSON not well-formed'],
    ['Resources: [', 'YAML not well-formed'],
    ['- a', 'Template format error: unsupported structure.'],
    ['"a"', 'Template format error: unsupported structure.'],
    [`{"Resources":${'['.repeat(20_000)}${']'.repeat(20_000)}}`, 'nested deeper than 200 levels'],
    [`Resources: ${'['.repeat(20_000)}${']'.repeat(20_000)}`, 'nested deeper than 200 levels'],
    ['{"Resources":null}', "[/Resources] 'null' values are not allowed in templates"],
    ['{}', 'At least one Resources member must be defined'],
    ['{"Resources":{"A":null}}', "[/Resources/A] 'null' values are not allowed in templates"],
    ['{"Resources":[]}', '[/Resources] must be an object'],
    [
      template(Object.fromEntries(Array.from({ length: 501 }, (_, at) => [`R${at}`, { Type: 'T' }]))),
      'Number of resources, 501, is greater than maximum allowed, 500',
    ],
    [
      template({ A: { Type: 'T' } }, Object.fromEntries(Array.from({ length: 201 }, (_, at) => [`O${at}`, { Value: '' }]))),
      'Number of outputs, 201',
    ],
    [`{"Resources":{"A":{"Type":"${'x'.repeat(51_200)}"}}}`, 'less than or equal to 51200'],
    [
      `a: &a [x]\nb: &b [${'*a,'.repeat(50)}]\nc: &c [${'*b,'.repeat(50)}]\nd: [${'*c,'.repeat(50)}]\nResources: {}`,
      'YAML not well-formed',
    ],
  ])('%.30j is refused', async (text, why) => {
    await expect(validate(text)).rejects.toMatchObject({ name: 'ValidationError', message: expect.stringContaining(why) });
  });
});

describe('a request', () => {
  const create = (more: object) =>
    client.send(new CreateStackCommand({ StackName: 'New', TemplateBody: template({ A: { Type: 'T' } }), ...more }));

  test.each([
    [{ StackName: '1st' }, 'regular expression'],
    [{ StackName: 'a'.repeat(129) }, 'regular expression'],
    [{ StackName: '<x/>' }, "Value '<x/>'"],
    [{ StackName: 'arn:aws:cloudformation:us-east-1:000000000000:stack/a/b' }, 'regular expression'],
    [{ Tags: Array.from({ length: 51 }, (_, at) => ({ Key: `k${at}`, Value: '' })) }, 'Number of tags, 51'],
    [{ Tags: [{ Key: 'aws:x', Value: '' }] }, 'aws: prefixed'],
    [{ Parameters: [{ ParameterKey: 'P', ParameterValue: 'x'.repeat(4097) }] }, 'longer than 4096'],
    [{ Capabilities: ['CAPABILITY_ALL'] }, 'is no capability'],
    [{ TemplateURL: 'https://s3.amazonaws.com/a/b' }, 'only one of'],
    [{ TemplateBody: undefined }, 'must be specified'],
  ])('with %.60j is refused', async (more, why) => {
    await expect(create(more)).rejects.toMatchObject({ name: 'ValidationError', message: expect.stringContaining(why) });
    expect(account.stacks.find('New')).toBeUndefined();
  });

  test('that is not known is refused by name', async () => {
    await expect(client.send(new ListTypesCommand({}))).rejects.toMatchObject({
      name: 'NotImplemented',
      message: expect.stringContaining('cloudformation:ListTypes'),
    });
    expect(await raw('Action=DescribeStacks&Surprise.member.1=x')).toContain('does not know Surprise of cloudformation:DescribeStacks');
    expect(await raw('Action=constructor')).toContain('<Code>NotImplemented</Code>');
    expect(await raw('Action=%3Cscript%3E')).toContain('cloudformation:&lt;script&gt;');
    expect(await raw('')).toContain('<Code>NotImplemented</Code>');
  });

  test('that is malformed is an error and nothing else', async () => {
    expect(await raw('Action=DescribeStacks&StackName=a&StackName=b')).toContain('given twice');
    expect(await raw(`Action=DescribeStacks&${'a.'.repeat(50)}=1`)).toContain('too deep');
    expect(await raw('Action=DescribeStacks&StackName=nul%00%EF%BF%BE')).not.toMatch(/\0|\ufffe/);
    expect(await raw('a'.repeat(5 * 1024 * 1024))).toContain('RequestEntityTooLarge');
    expect(await raw('Action=DescribeStacks', 'AWS4-HMAC-SHA256 Credential=AKIA/20260101/us-east-1/cloudformation/aws4_request')).toContain(
      'UnrecognizedClientException',
    );
    expect(
      await raw(
        'Action=DescribeStacks',
        `AWS4-HMAC-SHA256 Credential=${OPERATOR_CREDENTIALS.accessKeyId}/20260101/us-east-1/ec2/aws4_request`,
      ),
    ).toContain('has no ec2');
  });
});

async function raw(
  body: string,
  authorization = `AWS4-HMAC-SHA256 Credential=${OPERATOR_CREDENTIALS.accessKeyId}/20260101/us-east-1/cloudformation/aws4_request`,
) {
  const headers = { authorization, 'content-type': 'application/x-www-form-urlencoded' };
  return await (await fetch(url, { method: 'POST', headers, body })).text();
}

async function status(StackName: string, expected: string): Promise<void> {
  for (let tries = 0; account.stacks.find(StackName)?.status !== expected && tries < 100; tries++)
    await new Promise((done) => setTimeout(done, 20));
  const { Stacks } = await client.send(new DescribeStacksCommand({ StackName }));
  expect(Stacks?.[0]?.StackStatus).toBe(expected);
}

function template(Resources: object, Outputs: object = {}): string {
  return JSON.stringify({ Parameters: { P: { Type: 'String', Default: 'x' } }, Resources, Outputs });
}
