import { expect, test } from '@jest/globals';
import { scalingOf } from '../../checks/scaling-policies';
import { resourcesOf } from '../../checks/template';
import type { TemplateResource } from '../../local/local-account';

const SERVICE: TemplateResource = { Type: 'AWS::ECS::Service' };
const TARGET: TemplateResource = {
  Type: 'AWS::ApplicationAutoScaling::ScalableTarget',
  Properties: { ResourceId: { 'Fn::Join': ['', ['service/', { Ref: 'Cluster' }, '/', { 'Fn::GetAtt': ['Service', 'Name'] }]] } },
};

const policy = (target: string, configuration: object): TemplateResource => ({
  Type: 'AWS::ApplicationAutoScaling::ScalingPolicy',
  Properties: { ScalingTargetId: { Ref: target }, ...configuration },
});
const tracking = (specification: object) => ({ TargetTrackingScalingPolicyConfiguration: { TargetValue: 70, ...specification } });
const SLOTS = tracking({ CustomizedMetricSpecification: { MetricName: 'SlotUtilization', Statistic: 'Average' } });
const CPU = tracking({ PredefinedMetricSpecification: { PredefinedMetricType: 'ECSServiceAverageCPUUtilization' } });
const alarm = (MetricName: string, ...calls: string[]): TemplateResource => ({
  Type: 'AWS::CloudWatch::Alarm',
  Properties: { MetricName, AlarmActions: calls.map((Ref) => ({ Ref })) },
});

function scalingIn(Resources: Readonly<Record<string, TemplateResource>>) {
  const templates = { templates: { Shop: { Resources: { Service: SERVICE, Target: TARGET, ...Resources } } } };
  const [service] = resourcesOf(templates, 'AWS::ECS::Service');
  return service && scalingOf(templates, service);
}

test('what a service tracks, and which alarms call its steps', () => {
  const steps = policy('Target', { StepScalingPolicyConfiguration: {} });
  const resources = { Track: policy('Target', SLOTS), Step: steps, Queue: alarm('QueueDepth', 'Step'), Pager: alarm('Calls', 'Topic') };
  expect(scalingIn(resources)).toEqual({
    tracked: [{ metric: 'SlotUtilization', statistic: 'Average', target: 70 }],
    calledBy: ['QueueDepth'],
    others: [],
  });
});

test('what says nothing of sessions, by either way; what scales something else does not count', () => {
  const steps = policy('Target', { StepScalingPolicyConfiguration: {} });
  const resources = { Track: policy('Target', CPU), Step: steps, Load: alarm('MemoryUtilization', 'Step'), Other: policy('Else', SLOTS) };
  expect(scalingIn(resources)).toMatchObject({
    tracked: [{ metric: 'ECSServiceAverageCPUUtilization', target: 70 }],
    others: ['ECSServiceAverageCPUUtilization', 'MemoryUtilization'],
  });
});
