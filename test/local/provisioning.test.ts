// biome-ignore-all lint/suspicious/noTemplateCurlyInString: placeholders of Fn::Sub
import { describe, expect, test } from '@jest/globals';
import { readCloudAssembly } from '../../local/assembly/cloud-assembly';
import { findFleet } from '../../local/fleet-facts';
import { Provisioning, refuseUnsupported } from '../../local/provisioning';
import { folderOf, writeAssembly } from './fixtures/assembly';

function assemblyOf(stacks: Record<string, Record<string, unknown>>) {
  return readCloudAssembly(writeAssembly(Object.fromEntries(Object.entries(stacks).map(([name, template]) => [name, { template }]))));
}

describe('refuseUnsupported', () => {
  test('names every type and property that it cannot run, all at once', () => {
    const assembly = assemblyOf({
      Shop: {
        Resources: {
          Queue: { Type: 'AWS::SQS::Queue' },
          Nested: { Type: 'AWS::CloudFormation::Stack', Properties: { TemplateURL: 'x' } },
          Table: { Type: 'AWS::DynamoDB::Table', Properties: { KeySchema: [], AttributeDefinitions: [], KinesisStreamSpecification: {} } },
          Network: { Type: 'AWS::EC2::VPC', Properties: { Anything: 1 } },
        },
      },
    });
    expect(() => refuseUnsupported(assembly)).toThrow(
      [
        'The local account cannot run this assembly:',
        '  - the resource type AWS::SQS::Queue of Shop/Queue',
        '  - the resource type AWS::CloudFormation::Stack of Shop/Nested',
        '  - the property KinesisStreamSpecification of Shop/Table (AWS::DynamoDB::Table)',
      ].join('\n'),
    );
  });

  test('names a reference to nothing', () => {
    const assembly = assemblyOf({
      Shop: { Resources: { Role: { Type: 'AWS::IAM::Role', Properties: { x: { 'Fn::GetAtt': ['Gone', 'Arn'] } } } } },
    });
    expect(() => refuseUnsupported(assembly)).toThrow('the reference to "Gone" in Shop/Role');
  });

  test('accepts what the constructs emit around the runtime', () => {
    const assembly = assemblyOf({
      Shop: {
        Resources: {
          Network: { Type: 'AWS::EC2::VPC' },
          Key: { Type: 'AWS::KMS::Key' },
          Key2: {
            Type: 'AWS::SecretsManager::Secret',
            Properties: { KmsKeyId: { 'Fn::GetAtt': ['Key', 'Arn'] }, GenerateSecretString: {} },
          },
        },
      },
    });
    expect(() => refuseUnsupported(assembly)).not.toThrow();
  });
});

describe('readCloudAssembly', () => {
  test('says that a folder is no assembly, and how to make one', () => {
    expect(() => readCloudAssembly(folderOf({}))).toThrow(/is not a cloud assembly: .*manifest\.json.*cdk synth -o/);
  });

  test('points from stages to the assemblies inside', () => {
    const manifest = JSON.stringify({
      artifacts: { Prod: { type: 'cdk:cloud-assembly', properties: { directoryName: 'assembly-Prod' } } },
    });
    expect(() => readCloudAssembly(folderOf({ 'manifest.json': manifest }))).toThrow(/stages.*assembly-Prod/);
  });
});

describe('findFleet', () => {
  test('wants exactly one fleet', () => {
    const fleet = (name: string) => ({ Resources: {}, Metadata: { 'cdk-mcp-fleet': { fleets: { [name]: {} } } } });
    expect(findFleet(assemblyOf({ A: fleet('acme') })).name).toBe('acme');
    expect(() => findFleet(assemblyOf({ A: { Resources: {} } }))).toThrow(/holds a fleet/);
    expect(() => findFleet(assemblyOf({ A: fleet('acme'), B: fleet('globex') }))).toThrow('2 fleets (acme in A, globex in B)');
  });
});

describe('Provisioning', () => {
  const assembly = assemblyOf({
    Net: {
      Resources: { Vpc: { Type: 'AWS::EC2::VPC' }, Logs: { Type: 'AWS::Logs::LogGroup', Properties: { LogGroupName: 'net-logs' } } },
      Outputs: {
        Vpc: { Value: { Ref: 'Vpc' }, Export: { Name: { 'Fn::Sub': '${AWS::StackName}-vpc' } } },
        Logs: { Value: { 'Fn::GetAtt': ['Logs', 'Arn'] } },
      },
    },
    Shop: {
      Parameters: {
        Size: { Type: 'String', Default: 'small' },
        Asked: { Type: 'String' },
        Version: { Type: 'AWS::SSM::Parameter::Value<String>', Default: '/v' },
      },
      Mappings: { Cpu: { small: { units: 256 } } },
      Conditions: { Never: { 'Fn::Equals': [1, 2] } },
      Resources: { Role: { Type: 'AWS::IAM::Role' }, Absent: { Type: 'AWS::IAM::Role', Condition: 'Never' } },
    },
  });
  const provisioning = new Provisioning(assembly, () => {
    throw new Error('inert resources need no machinery');
  });
  const [net, shop] = assembly.stacks as [(typeof assembly.stacks)[0], (typeof assembly.stacks)[0]];

  test.each<[string, unknown, unknown]>([
    ['a parameter', { Ref: 'Size' }, 'small'],
    ['a mapping', { 'Fn::FindInMap': ['Cpu', { Ref: 'Size' }, 'units'] }, 256],
    ['the ARN of an inert resource', { 'Fn::GetAtt': ['Role', 'Arn'] }, 'arn:aws:iam::000000000000:role/Shop-Role'],
    ['pseudo parameters', { 'Fn::Sub': '${AWS::Partition}.${AWS::AccountId}.${AWS::URLSuffix}' }, 'aws.000000000000.amazonaws.com'],
  ])('resolves %s', async (_, value, expected) => {
    expect(await provisioning.resolve(shop, value, 'Metadata')).toEqual(expected);
  });

  test('resolves exports and outputs of another stack', async () => {
    await provisioning.resolve(net, [{ Ref: 'Vpc' }, { Ref: 'Logs' }], 'Metadata');
    expect(await provisioning.resolve(shop, { 'Fn::ImportValue': 'Net-vpc' }, 'Metadata')).toMatch(/^vpc-[0-9a-f]{17}$/);
    const output = { 'Fn::GetStackOutput': { StackName: 'Net', OutputName: 'Logs' } };
    expect(await provisioning.resolve(shop, output, 'Metadata')).toBe('arn:aws:logs:us-east-1:000000000000:log-group:net-logs');
  });

  test.each<[string, unknown, RegExp]>([
    [
      'an attribute that the type has not',
      { 'Fn::GetAtt': ['Role', 'Color'] },
      /the attribute Color of Shop\/Role \(AWS::IAM::Role\), read at Shop\/Metadata/,
    ],
    ['a parameter without a default', { Ref: 'Asked' }, /the parameter "Asked" .* it has no Default/],
    ['an SSM parameter', { Ref: 'Version' }, /the SSM parameter "Version"/],
    ['an export that nobody has', { 'Fn::ImportValue': 'nope' }, /export "nope", which does not exist/],
    ['a resource whose condition does not hold', { Ref: 'Absent' }, /"Absent" \(or its condition does not hold\)/],
  ])('refuses %s', async (_, value, message) => {
    await expect(provisioning.resolve(shop, value, 'Metadata')).rejects.toThrow(message);
  });
});
