import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import type { Template } from '../../local/assembly/template';
import { fleetsInApp } from '../../meaning/fleets-in-app';
import { readFleets } from '../../meaning/read-fleets';
import { type DeclaredSize, declaredBase, declaredSizes } from '../../meaning/sizes';
import { standingOf } from '../../meaning/standing';

const ACME = JSON.parse(readFileSync(join(__dirname, '../lib/fixtures/acme-8d72d5c/Acme.template.json'), 'utf8')) as Template;

const fleetOf = (template: Template) => {
  const [fleet] = readFleets([{ name: 'Acme', template }]);
  if (fleet === undefined) throw new Error('no fleet');
  return fleet;
};
const standingIn = (template: Template) => {
  const [fleet] = fleetsInApp([fleetOf(template)]);
  if (fleet === undefined) throw new Error('no fleet');
  return standingOf(fleet);
};
const payments = (template: Template): DeclaredSize | undefined => declaredSizes(fleetOf(template)).find(({ name }) => name === 'payments');

/** With another policy of what the one of payments scales. */
function withPolicy(properties: object): Template {
  const Type = 'AWS::ApplicationAutoScaling::ScalingPolicy';
  const [, tracking] = Object.entries(ACME.Resources).find(([id, resource]) => resource.Type === Type && /payments/i.test(id)) ?? [];
  const { ScalingTargetId } = tracking?.Properties ?? {};
  return { ...ACME, Resources: { ...ACME.Resources, Demand: { Type, Properties: { ScalingTargetId, ...properties } } } };
}

test('slots, bounds, sizes, the queue and what is tracked', () => {
  expect(payments(ACME)).toEqual({
    name: 'payments',
    slots: 50,
    min: 2,
    max: 20,
    task: { vcpu: 0.5, gib: 1, processor: 'X86_64' },
    queue: { length: 1_000, seconds: 40 },
    tracking: { target: 70, scaleOutCooldownSeconds: 60, scaleInCooldownSeconds: 300 },
    steps: [],
    stepCooldownSeconds: 300,
  });
});

test('steps on those who wait, of the same service only', () => {
  const StepScalingPolicyConfiguration = {
    AdjustmentType: 'ChangeInCapacity',
    Cooldown: 60,
    StepAdjustments: [
      { MetricIntervalLowerBound: 0, MetricIntervalUpperBound: 50, ScalingAdjustment: 1 },
      { MetricIntervalLowerBound: 50, ScalingAdjustment: 2 },
    ],
  };
  const template = withPolicy({ PolicyType: 'StepScaling', StepScalingPolicyConfiguration });
  expect(payments(template)).toMatchObject({
    steps: [
      { from: 0, add: 1 },
      { from: 50, add: 2 },
    ],
    stepCooldownSeconds: 60,
    tracking: { target: 70 },
  });
  expect(declaredSizes(fleetOf(template)).filter(({ steps }) => steps.length > 0)).toHaveLength(1);
});

test('what only deployment knows is not told', () => {
  const template = JSON.parse(JSON.stringify(ACME).replaceAll(/"MaxCapacity":\d+/g, '"MaxCapacity":{"Ref":"Most"}')) as Template;
  expect(payments(template)).toMatchObject({ min: 2, max: undefined });
});

test('what a fleet consists of beside its servers', () => {
  expect(declaredBase(fleetOf(ACME))).toEqual({ gateways: 2, gateway: { vcpu: 0.5, gib: 1, processor: 'X86_64' }, balancers: 1 });
});

test('what stands though nobody calls: endpoints by their zones, alarms by the metrics that they look at', () => {
  const { Resources } = ACME;
  const of = (...types: readonly string[]): number => Object.values(Resources).filter(({ Type }) => types.includes(Type)).length;
  const before = standingIn(ACME);
  expect(before).toMatchObject({
    natGateways: of('AWS::EC2::NatGateway'),
    keys: of('AWS::KMS::Key'),
    secrets: of('AWS::SecretsManager::Secret'),
  });
  expect(before.tasks.map(({ count }) => count)).toEqual([2, 3, 2, 2]);
  const stat = { MetricStat: {} };
  const more = {
    Logs: { Type: 'AWS::EC2::VPCEndpoint', Properties: { VpcEndpointType: 'Interface', SubnetIds: ['a', 'b', 'c'] } },
    Tables: { Type: 'AWS::EC2::VPCEndpoint', Properties: { VpcEndpointType: 'Gateway' } },
    Plain: { Type: 'AWS::CloudWatch::Alarm', Properties: { MetricName: 'Calls' } },
    Ratio: { Type: 'AWS::CloudWatch::Alarm', Properties: { Metrics: [stat, stat, { Expression: 'a / b' }] } },
  };
  const after = standingIn({ ...ACME, Resources: { ...Resources, ...more } });
  expect(after).toEqual({ ...before, endpointZones: before.endpointZones + 3, alarms: before.alarms + 3 });
});
