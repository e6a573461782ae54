// biome-ignore-all lint/suspicious/noTemplateCurlyInString: placeholders of Fn::Sub
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { readCloudAssembly } from '../../local/assembly/cloud-assembly';
import { StackDeployment } from '../../local/cloudformation/stack-deployment';
import { findFleets } from '../../local/fleet-facts';
import { StandIns } from '../../local/stand-ins';
import { folderOf, writeAssembly } from './fixtures/assembly';

function assemblyOf(stacks: Record<string, Record<string, unknown>>) {
  return readCloudAssembly(writeAssembly(Object.fromEntries(Object.entries(stacks).map(([name, template]) => [name, { template }]))));
}

describe('readCloudAssembly', () => {
  test('says that a folder is no assembly, and how to make one', () => {
    expect(() => readCloudAssembly(folderOf({}))).toThrow(/is not a cloud assembly: .*manifest\.json.*cdk synth -o/);
  });

  test('reads the stacks of stages, nested stacks and stacks without resources; two of one name go by different ones', () => {
    const stack = (name: string, file: string) => ({
      type: 'aws:cloudformation:stack',
      properties: { stackName: name, templateFile: file },
    });
    const nested = { type: 'aws:cloudformation:stack', properties: { templateFile: 'a.json' }, dependencies: ['assets'] };
    const inner = { artifacts: { 'Prod-Shop': stack('Shop', '../empty.json') } };
    const folder = folderOf({
      'manifest.json': JSON.stringify({
        artifacts: {
          assets: { type: 'cdk:asset-manifest', properties: { file: 'assets.json' } },
          Shop: nested,
          Prod: { type: 'cdk:cloud-assembly', properties: { directoryName: 'assembly-Prod' } },
        },
        missing: [{ key: 'availability-zones:x', provider: 'availability-zones', props: {} }],
      }),
      'assets.json': JSON.stringify({ files: { b: { source: { path: 'b.json' }, destinations: { x: { objectKey: 'b0b0.json' } } } } }),
      'a.json': JSON.stringify({
        Resources: {
          Inner: {
            Type: 'AWS::CloudFormation::Stack',
            Properties: { TemplateURL: { 'Fn::Join': ['', ['https://', { Ref: 'AWS::URLSuffix' }, '/b0b0.json']] } },
          },
          'Fn::ForEach::Many': ['x', [], {}],
        },
      }),
      'b.json': JSON.stringify({ Resources: { Deep: { Type: 'AWS::EC2::VPC' } } }),
      'empty.json': '{}',
    });
    mkdirSync(join(folder, 'assembly-Prod'));
    writeFileSync(join(folder, 'assembly-Prod/manifest.json'), JSON.stringify(inner));
    const { stacks, missing } = readCloudAssembly(folder);
    expect(stacks.map(({ name, template, parent }) => [name, Object.keys(template.Resources), parent?.logicalId])).toEqual([
      ['Shop', ['Inner'], undefined],
      ['Shop-Inner', ['Deep'], 'Inner'],
      ['Prod-Shop', [], undefined],
    ]);
    expect(missing.map(({ provider }) => provider)).toEqual(['availability-zones']);
  });

  test('says which template cannot be read', () => {
    const manifest = JSON.stringify({ artifacts: { Shop: { type: 'aws:cloudformation:stack', properties: { templateFile: 'a.json' } } } });
    expect(() => readCloudAssembly(folderOf({ 'manifest.json': manifest, 'a.json': 'Resources:' }))).toThrow(
      /template .*a\.json cannot be read as JSON/,
    );
  });
});

describe('findFleets', () => {
  const fleet = (name: string, path?: string) => ({
    Resources: {},
    Metadata: { 'cdk-mcp-fleet': { fleets: { [name]: path === undefined ? {} : { path } } } },
  });
  const names = (...args: Parameters<typeof findFleets>) => findFleets(...args).map(({ name, stack }) => `${stack.name}/${name}`);

  test('finds all in the order of the stacks, or the one that is wanted', () => {
    const assembly = assemblyOf({ A: fleet('acme', 'A/Mcp'), Empty: { Resources: {} }, B: fleet('globex', 'B/Mcp') });
    expect(names(assembly)).toEqual(['A/acme', 'B/globex']);
    expect(names(assembly, 'globex')).toEqual(['B/globex']);
    expect(names(assembly, 'A/Mcp')).toEqual(['A/acme']);
    expect(() => findFleets(assembly, 'other')).toThrow(/no fleet "other" in .*; allowed with --fleet: A\/Mcp, B\/Mcp\./);
  });

  test('says that there is none, and that two have one name', () => {
    expect(() => findFleets(assemblyOf({ A: { Resources: {} } }))).toThrow(/holds a fleet/);
    const twins = assemblyOf({ A: fleet('acme', 'Test/A/Mcp'), B: fleet('acme', 'Prod/A/Mcp') });
    expect(() => findFleets(twins)).toThrow('2 fleets of the name "acme" (Test/A/Mcp, Prod/A/Mcp); run one of them: --fleet Test/A/Mcp');
    expect(names(twins, 'Prod/A/Mcp')).toEqual(['B/acme']);
  });
});

describe('the names of a deployment', () => {
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
        Given: { Type: 'String' },
        Version: { Type: 'AWS::SSM::Parameter::Value<String>', Default: '/v' },
      },
      Mappings: { Cpu: { small: { units: 256 } } },
      Conditions: { Never: { 'Fn::Equals': [1, 2] } },
      Resources: {
        Role: { Type: 'AWS::IAM::Role' },
        Queue: { Type: 'AWS::SQS::Queue' },
        Absent: { Type: 'AWS::IAM::Role', Condition: 'Never' },
      },
    },
  });
  const deployment = new StackDeployment({
    assembly,
    targets: new Set(['Net', 'Shop']),
    before: new Map(),
    retained: new Map(),
    standIns: new StandIns({ 'Shop/Given': 'x', 'Shop/Queue.Arn': 'arn:own' }),
    plan: { runs: () => false },
    machinery: () => {
      throw new Error('inert resources need no machinery');
    },
    tell: () => {},
  });
  const [net, shop] = assembly.stacks as [(typeof assembly.stacks)[0], (typeof assembly.stacks)[0]];

  test.each<[string, unknown, unknown]>([
    ['a parameter', { Ref: 'Size' }, 'small'],
    ['a mapping', { 'Fn::FindInMap': ['Cpu', { Ref: 'Size' }, 'units'] }, 256],
    ['the ARN of an inert resource', { 'Fn::GetAtt': ['Role', 'Arn'] }, 'arn:aws:iam::000000000000:role/Shop-Role'],
    ['what stands in for a parameter', { Ref: 'Given' }, 'x'],
    ['what stands in for an attribute', { 'Fn::GetAtt': ['Queue', 'Arn'] }, 'arn:own'],
    [
      'attributes of a resource that does not run',
      { 'Fn::Sub': '${Queue} ${Queue.QueueUrl}' },
      'Shop-Queue https://shop-queue.sqs.us-east-1.amazonaws.com/',
    ],
    ['pseudo parameters', { 'Fn::Sub': '${AWS::Partition}.${AWS::AccountId}.${AWS::URLSuffix}' }, 'aws.000000000000.amazonaws.com'],
  ])('resolves %s', async (_, value, expected) => {
    expect(await deployment.resolve(shop, value, 'Metadata')).toEqual(expected);
  });

  test('resolves exports and outputs of another stack', async () => {
    await deployment.resolve(net, [{ Ref: 'Vpc' }, { Ref: 'Logs' }], 'Metadata');
    expect(await deployment.resolve(shop, { 'Fn::ImportValue': 'Net-vpc' }, 'Metadata')).toMatch(/^vpc-[0-9a-f]{17}$/);
    const output = { 'Fn::GetStackOutput': { StackName: 'Net', OutputName: 'Logs' } };
    expect(await deployment.resolve(shop, output, 'Metadata')).toBe('arn:aws:logs:us-east-1:000000000000:log-group:net-logs:*');
  });

  test.each<[string, unknown, RegExp]>([
    ['a parameter without a default', { Ref: 'Asked' }, /the parameter Shop\/Asked, .* it has no Default; .*--stand-in Shop\/Asked=VALUE/],
    ['an SSM parameter', { Ref: 'Version' }, /the SSM parameter \/v \(Shop\/Version\), .*--stand-in Shop\/Version=VALUE/],
    ['an export that nobody has', { 'Fn::ImportValue': 'nope' }, /export "nope", which does not exist/],
    ['a resource whose condition does not hold', { Ref: 'Absent' }, /"Absent" \(or its condition does not hold\)/],
  ])('refuses %s', async (_, value, message) => {
    await expect(deployment.resolve(shop, value, 'Metadata')).rejects.toThrow(message);
  });
});
