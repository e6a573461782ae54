// biome-ignore-all lint/suspicious/noTemplateCurlyInString: placeholders of Fn::Sub
import { describe, expect, test } from '@jest/globals';
import { readCloudAssembly } from '../../local/assembly/cloud-assembly';
import { findFleets } from '../../local/fleet-facts';
import { type Plan, planOf } from '../../local/plan';
import { StandIns } from '../../local/stand-ins';
import { type FixtureStack, writeAssembly } from './fixtures/assembly';

const FLEET = 'Shop/Mcp';

/** A resource of the fleet's construct, unless another path is given. */
function resource(Type: string, Properties: Record<string, unknown> = {}, path = `${FLEET}/X/Resource`) {
  return { Type, Properties, Metadata: { 'aws:cdk:path': path } };
}

const elsewhere = (Type: string, Properties: Record<string, unknown> = {}) => resource(Type, Properties, 'Shop/Own/Resource');
const task = (Environment: unknown, more: Record<string, unknown> = {}) =>
  resource('AWS::ECS::TaskDefinition', {
    ContainerDefinitions: [{ Name: 'app', Image: 'x', Environment: [{ Name: 'A', Value: Environment }], ...more }],
  });

/** @param resources of the stack Shop, which holds the fleet */
function plan(
  resources: Record<string, unknown>,
  { stacks = {}, standIns = {}, top = {} }: { stacks?: Record<string, FixtureStack>; standIns?: Record<string, string>; top?: object } = {},
): Plan {
  const facts = { path: FLEET, edge: { loadBalancer: 'Edge', port: 443 } };
  const template = { Metadata: { 'cdk-mcp-fleet': { fleets: { shop: facts } } }, ...top, Resources: resources };
  const assembly = readCloudAssembly(writeAssembly({ Shop: { template }, ...stacks }));
  return planOf(findFleets(assembly), { assembly, standIns: new StandIns(standIns), names: () => undefined });
}

const running = (found: Plan, ...ids: string[]) =>
  ids.filter((id) => found.runs({ stack: id.split('/')[0] as string, logicalId: id.split('/')[1] as string }));

describe('what no fleet needs', () => {
  test('does nothing and is listed, whatever its type, in any stack', () => {
    const found = plan(
      {
        Queue: elsewhere('AWS::SQS::Queue', { Tags: [], RedrivePolicy: { 'Fn::GetAtt': ['Gone', 'Arn'] } }),
        Report: elsewhere('AWS::Lambda::Function', { Runtime: 'python3.13', EventInvokeConfig: 1 }),
        Odd: elsewhere('Some::Module::Thing'),
        Network: elsewhere('AWS::EC2::VPC'),
        Inside: resource('AWS::SQS::Queue'),
        Ledger: resource('AWS::DynamoDB::Table'),
      },
      { stacks: { Data: { template: { Resources: { Bucket: { Type: 'AWS::S3::Bucket' } } } }, Empty: { template: {} } } },
    );
    expect(found.notRun.map(({ type, stack, logicalId }) => `${type} ${stack}/${logicalId}`)).toEqual([
      'AWS::SQS::Queue Shop/Queue',
      'AWS::Lambda::Function Shop/Report',
      'Some::Module::Thing Shop/Odd',
      'AWS::SQS::Queue Shop/Inside',
      'AWS::S3::Bucket Data/Bucket',
    ]);
    expect(found.namesOnly).toBe(1);
    expect(running(found, 'Shop/Ledger', 'Shop/Report')).toEqual(['Shop/Ledger']);
  });

  test('may be named where nothing reads it, on the side that a condition does not choose, and by what it only depends on', () => {
    const Queue = elsewhere('AWS::SQS::Queue');
    const log = { LogConfiguration: { Options: { x: { Ref: 'Queue' } } } };
    const found = plan(
      {
        Queue,
        Task: { ...task({ 'Fn::If': ['Never', { Ref: 'Queue' }, 'none'] }, log), DependsOn: 'Queue' },
        Balancer: resource('AWS::ElasticLoadBalancingV2::LoadBalancer', {
          LoadBalancerAttributes: [{ Key: 'access_logs.s3.bucket', Value: { Ref: 'Queue' } }],
        }),
      },
      { top: { Conditions: { Never: { 'Fn::Equals': [1, 2] } } } },
    );
    expect(running(found, 'Shop/Task', 'Shop/Queue', 'Shop/Balancer')).toEqual(['Shop/Task', 'Shop/Balancer']);
  });

  test('a custom resource of the CDK inside the fleet, whose function stands outside', () => {
    const found = plan({
      Provider: elsewhere('AWS::Lambda::Function'),
      Empties: resource('Custom::S3AutoDeleteObjects', { ServiceToken: { 'Fn::GetAtt': ['Provider', 'Arn'] } }),
      Sync: resource('AWS::Lambda::Function'),
      Grants: resource('Custom::McpFleetAllowlist', { ServiceToken: { 'Fn::GetAtt': ['Sync', 'Arn'] } }),
    });
    expect(running(found, 'Shop/Provider', 'Shop/Empties', 'Shop/Sync', 'Shop/Grants')).toEqual(['Shop/Sync', 'Shop/Grants']);
  });
});

describe('what a fleet reads', () => {
  const table = elsewhere('AWS::DynamoDB::Table');

  test.each<[string, unknown]>([
    ['Ref', { Ref: 'Journal' }],
    ['GetAtt', { 'Fn::GetAtt': ['Journal', 'Arn'] }],
    ['GetAtt as text', { 'Fn::GetAtt': 'Journal.Arn' }],
    ['Sub', { 'Fn::Sub': 'x-${Journal}' }],
    ['Sub of an attribute', { 'Fn::Sub': 'x-${Journal.Arn}-${!Gone}' }],
    ['Sub with variables', { 'Fn::Sub': ['x-${Own}', { Own: { Ref: 'Journal' } }] }],
    ['Join', { 'Fn::Join': ['', ['a', { Ref: 'Journal' }]] }],
  ])('runs, wherever it stands: %s', (_, value) => {
    expect(running(plan({ Journal: table, Task: task(value) }), 'Shop/Journal')).toEqual(['Shop/Journal']);
  });

  test('runs in other stacks too: by export, by output, and one through another', () => {
    const Data = {
      Outputs: { Journal: { Value: { Ref: 'Journal' }, Export: { Name: { 'Fn::Sub': '${AWS::StackName}:j' } } } },
      Resources: { Journal: table },
    };
    for (const value of [{ 'Fn::ImportValue': 'Data:j' }, { 'Fn::GetStackOutput': { StackName: 'Data', OutputName: 'Journal' } }]) {
      const found = plan(
        { Task: task({ 'Fn::GetAtt': ['Fn', 'Arn'] }), Fn: elsewhere('AWS::Lambda::Function', { Environment: value }) },
        { stacks: { Data: { template: Data } } },
      );
      expect(running(found, 'Data/Journal', 'Shop/Fn')).toEqual(['Data/Journal', 'Shop/Fn']);
    }
  });

  test('runs in nested stacks, by their outputs and by the parameters that they are handed', () => {
    const nested = (Parameters: object, template: object) => ({
      Inner: {
        Type: 'AWS::CloudFormation::Stack',
        Properties: { TemplateURL: { 'Fn::Sub': 'https://s3.${AWS::URLSuffix}/assets/inner.json' }, Parameters },
      },
      ...template,
    });
    const inner = {
      Parameters: { Handed: { Type: 'String' } },
      Resources: { Kept: table, Task: task({ Ref: 'Handed' }) },
      Outputs: { Kept: { Value: { Ref: 'Kept' } } },
    };
    const resources = nested({ Handed: { Ref: 'Journal' } }, { Journal: table, Task: task({ 'Fn::GetAtt': ['Inner', 'Outputs.Kept'] }) });
    const assembly = readCloudAssembly(
      writeAssembly({
        Shop: {
          template: { Metadata: { 'cdk-mcp-fleet': { fleets: { shop: { path: FLEET } } } }, Resources: resources },
          nested: { 'inner.json': inner },
        },
      }),
    );
    const found = planOf(findFleets(assembly), { assembly, standIns: new StandIns(), names: () => undefined });
    expect(running(found, 'Shop/Journal', 'Shop-Inner/Task', 'Shop-Inner/Kept')).toEqual([
      'Shop/Journal',
      'Shop-Inner/Task',
      'Shop-Inner/Kept',
    ]);
  });

  test('runs when it joins what runs: a rule of the edge that stands elsewhere, and what the rule needs', () => {
    const found = plan({
      Edge: resource('AWS::ElasticLoadBalancingV2::LoadBalancer'),
      Listener: resource('AWS::ElasticLoadBalancingV2::Listener', { LoadBalancerArn: { Ref: 'Edge' } }),
      Rule: elsewhere('AWS::ElasticLoadBalancingV2::ListenerRule', {
        ListenerArn: { Ref: 'Listener' },
        Actions: [{ TargetGroupArn: { Ref: 'Group' } }],
      }),
      Group: elsewhere('AWS::ElasticLoadBalancingV2::TargetGroup'),
      OwnEdge: elsewhere('AWS::ElasticLoadBalancingV2::LoadBalancer', { Type: 'network' }),
      OwnListener: elsewhere('AWS::ElasticLoadBalancingV2::Listener', { LoadBalancerArn: { Ref: 'OwnEdge' } }),
    });
    expect(running(found, 'Shop/Rule', 'Shop/Group', 'Shop/OwnEdge', 'Shop/OwnListener')).toEqual(['Shop/Rule', 'Shop/Group']);
  });

  test('is refused by name where it cannot be had, all at once, with the way out', () => {
    const resources = {
      Queue: elsewhere('AWS::SQS::Queue'),
      Topic: elsewhere('AWS::SNS::Topic'),
      Task: task({ 'Fn::Sub': '${Queue} ${Topic.TopicName} ${Nothing}' }),
    };
    const at = 'Shop/Task/Properties/ContainerDefinitions/0/Environment/0/Value';
    expect(() => plan(resources)).toThrow(
      [
        'The local account cannot run this assembly:',
        `  - AWS::SQS::Queue Shop/Queue, which is read at ${at}, does not run here; say what programs are given in its place: --stand-in Shop/Queue=VALUE, or its name alone: --stand-in Shop/Queue`,
        `  - AWS::SNS::Topic Shop/Topic, which is read at ${at}, does not run here; say what programs are given in its place: --stand-in Shop/Topic.TopicName=VALUE, or its name alone: --stand-in Shop/Topic`,
        `  - the reference to Shop/Nothing at ${at}: there is no such resource or parameter`,
      ].join('\n'),
    );
    const { Nothing: _, ...rest } = { ...resources, Task: task({ 'Fn::Sub': '${Queue} ${Topic.TopicName}' }), Nothing: 0 };
    expect(plan(rest, { standIns: { 'Shop/Queue': '', 'Shop/Topic.TopicName': 'news' } }).notRun).toHaveLength(2);
  });

  test('is refused where its resources wait for each other', () => {
    const fn = (other: string) => resource('AWS::Lambda::Function', { Environment: { Variables: { O: { Ref: other } } } });
    expect(() => plan({ A: fn('B'), B: fn('A') })).toThrow('a cycle of resources: Shop/A -> Shop/B -> Shop/A');
    expect(() => plan({ A: { ...fn('C'), DependsOn: 'B' }, B: fn('C'), C: resource('AWS::Lambda::Function') })).not.toThrow();
  });
});

test('a name that nobody asked for stands for nothing', () => {
  expect(() => new StandIns({ 'Shop/Queu': 'x' }).requireKnown((key) => key === 'Shop/Queue')).toThrow(
    /names Shop\/Queu, .*STACK\/LOGICAL_ID/,
  );
});
