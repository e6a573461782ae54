import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readCloudAssembly } from '../../../local/assembly/cloud-assembly';
import { StackDeploymentFailed } from '../../../local/cloudformation/deployed-stacks';
import { QUOTAS } from '../../../local/quotas';
import { sizeOfDefinition } from '../../../local/resources/task-definition';
import { writeAssembly } from '../fixtures/assembly';
import { custom, StackRig } from '../fixtures/stack-rig';

let rig: StackRig;

beforeAll(async () => {
  rig = await StackRig.start();
}, 30_000);
afterAll(() => rig.stop());

/** What the deployment says when it fails; undefined when it does not. Beside what one of before has left there is nothing. */
async function refusal(resources: Readonly<Record<string, unknown>>): Promise<string | undefined> {
  await rig.deploy({});
  const error = await rig.deploy(resources).then(
    () => undefined,
    (cause: unknown) => cause,
  );
  if (error !== undefined && !(error instanceof StackDeploymentFailed)) throw error;
  return error?.message;
}

const times = <T>(count: number, make: (i: number) => T): readonly T[] => Array.from({ length: count }, (_, i) => make(i));
const balancer = { Type: 'AWS::ElasticLoadBalancingV2::LoadBalancer', Properties: { Type: 'application' } };
const refuse = { Type: 'fixed-response', FixedResponseConfig: { StatusCode: '404' } };
const listenerOn = (Port: number) => ({
  Type: 'AWS::ElasticLoadBalancingV2::Listener',
  Properties: { LoadBalancerArn: { Ref: 'Balancer' }, Port, Protocol: 'HTTP', DefaultActions: [refuse] },
});
const rule = (priority: number, { listener = 'Listener', values = 1, group = '' } = {}) => ({
  Type: 'AWS::ElasticLoadBalancingV2::ListenerRule',
  Properties: {
    ListenerArn: { Ref: listener },
    Priority: priority,
    Conditions: [{ Field: 'path-pattern', PathPatternConfig: { Values: times(values, (i) => `/${priority}/${i}`) } }],
    Actions: [group === '' ? refuse : { Type: 'forward', TargetGroupArn: { Ref: group } }],
  },
});
const named = <T>(prefix: string, parts: readonly T[]) => Object.fromEntries(parts.map((part, i) => [`${prefix}${i}`, part]));
const ways = { Balancer: balancer, Listener: listenerOn(80), Second: listenerOn(81) };

describe('a load balancer', () => {
  test('has 100 rules, on all its listeners together', async () => {
    const rules = named(
      'Rule',
      times(QUOTAS.rules.most, (i) => rule(i + 1, { listener: i % 2 ? 'Second' : 'Listener' })),
    );
    expect(await refusal({ ...ways, ...rules })).toBeUndefined();
    expect(await refusal({ ...ways, ...rules, One: rule(1000) })).toMatch(/TooManyRules: The load balancer has 100 rules; allowed: 100/);
  }, 30_000);

  test('has 100 target groups', async () => {
    const groups = (count: number) =>
      named(
        'Group',
        times(count, () => ({ Type: 'AWS::ElasticLoadBalancingV2::TargetGroup', Properties: {} })),
      );
    const weighted = (from: number, to: number, priority: number) => {
      const { Properties, ...rest } = rule(priority);
      const TargetGroups = times(to - from, (i) => ({ TargetGroupArn: { Ref: `Group${from + i}` }, Weight: 1 }));
      return { ...rest, Properties: { ...Properties, Actions: [{ Type: 'forward', ForwardConfig: { TargetGroups } }] } };
    };
    const { most } = QUOTAS.targetGroups;
    const full = { ...ways, ...groups(most + 1), First: weighted(0, 50, 1), Next: weighted(50, most, 2) };
    expect(await refusal(full)).toBeUndefined();
    expect(await refusal({ ...full, Last: weighted(most, most + 1, 3) })).toMatch(/TooManyUniqueTargetGroupsPerLoadBalancer/);
  }, 30_000);

  test('takes five values in the conditions of a rule, and no priority twice', async () => {
    expect(
      await refusal({ ...ways, One: rule(1, { values: QUOTAS.conditionValues.most }), Two: rule(1, { listener: 'Second' }) }),
    ).toBeUndefined();
    expect(await refusal({ ...ways, One: rule(1, { values: QUOTAS.conditionValues.most + 1 }) })).toMatch(/TooManyConditionValues/);
    expect(await refusal({ ...ways, One: rule(1), Two: rule(1) })).toMatch(/PriorityInUse: Priority 1 is currently in use/);
  });
});

describe('what a template has is bounded', () => {
  test('an answer of a custom resource, by 4,096 bytes', async () => {
    // What the function says beside its name, with a blank behind it.
    const rest = JSON.stringify({ Status: 'SUCCESS', PhysicalResourceId: 'first', Data: { Says: 'one ' } }).length;
    const says = (bytes: number) => ({ One: custom({ Name: 'one', Says: 'x'.repeat(bytes - rest) }) });
    expect(await refusal(says(QUOTAS.customResource.most))).toBeUndefined();
    expect(await refusal(says(QUOTAS.customResource.most + 1))).toMatch(/Response object is too long\./);
  });

  test('the variables of a function, by 4 KB', async () => {
    const fn = (bytes: number) => ({
      Fn: {
        Type: 'AWS::Lambda::Function',
        Properties: {
          Code: { ZipFile: 'exports.handler = async () => 1;' },
          Handler: 'index.handler',
          Runtime: 'nodejs24.x',
          Environment: { Variables: { V: 'x'.repeat(bytes - '{"V":""}'.length) } },
        },
      },
    });
    expect(await refusal(fn(QUOTAS.environment.most))).toBeUndefined();
    expect(await refusal(fn(QUOTAS.environment.most + 1))).toMatch(/exceeded the 4KB limit/);
  });

  test('a task definition, by 64 KiB', async () => {
    const definition = (bytes: number) => {
      const of = (text: string) => ({
        Family: 'f',
        ContainerDefinitions: [{ Name: 'app', Image: 'none', Environment: [{ Name: 'V', Value: text }] }],
      });
      return { Task: { Type: 'AWS::ECS::TaskDefinition', Properties: of('x'.repeat(bytes - sizeOfDefinition(of('')))) } };
    };
    // What fits is refused for its image, which nobody here can run: it was measured before.
    expect(await refusal(definition(QUOTAS.taskDefinition.most))).not.toMatch(/Max allowed length/);
    expect(await refusal(definition(QUOTAS.taskDefinition.most + 1))).toMatch(
      /Actual length: '65537'. Max allowed length is '65536' bytes/,
    );
  });

  test('resources, by 500, and the whole, by a million bytes', () => {
    const read = (template: Record<string, unknown>) => readCloudAssembly(writeAssembly({ Shop: { template } })).stacks;
    const resources = (count: number) => ({
      Resources: named(
        'R',
        times(count, () => ({ Type: 'AWS::EC2::VPC' })),
      ),
    });
    expect(read(resources(QUOTAS.resources.most))).toHaveLength(1);
    expect(() => read(resources(QUOTAS.resources.most + 1))).toThrow(/501 resources; allowed: 500 \(CloudFormation\)/);
    const sized = (bytes: number) => {
      const of = (text: string) => ({ Resources: {}, Description: text });
      return of('x'.repeat(bytes - sizeOnDisk(of(''))));
    };
    expect(read(sized(QUOTAS.template.most))).toHaveLength(1);
    expect(() => read(sized(QUOTAS.template.most + 1))).toThrow(/1000001 bytes; allowed: 1000000/);
  });
});

function sizeOnDisk(template: object): number {
  return JSON.stringify(template).length;
}
