import type { Machinery } from '../machinery';
import type { ScalingPolicyProperties } from '../scaling/policy-properties';
import { createInert } from './inert';
import type { Created, Provisioner, ResourceRequest } from './provisioner';

/** Adds and takes away tasks of what it scales: by a metric that it tracks, or when an alarm calls it. */
export const scalingPolicy: Provisioner<ScalingPolicyProperties> = {
  phase: 'services',
  noun: ['scaling policy', 'scaling policies'],
  honours: [
    'PolicyName',
    'PolicyType',
    'ScalingTargetId',
    'ServiceNamespace',
    'ScalableDimension',
    'ResourceId',
    'TargetTrackingScalingPolicyConfiguration',
    'StepScalingPolicyConfiguration',
  ],
  ignores: ['PredictiveScalingPolicyConfiguration'],
  joins: 'ScalingTargetId',
  reads: withoutPlaces,
  create: async (request, machinery) => put(request, machinery),
  update: async (request, _, machinery) => put(request, machinery),
  delete: async ({ path }, { scaling }) => scaling.removePolicy(path),
};

function put(request: ResourceRequest<ScalingPolicyProperties>, { scaling }: Machinery): Created {
  scaling.putPolicy(request.path, request.properties);
  return createInert({ ...request, properties: { ...request.properties } });
}

/** Where a balancer is that a predefined metric is of (`ResourceLabel`) is of no use: nobody measures it here. */
function withoutPlaces(properties: ScalingPolicyProperties): ScalingPolicyProperties {
  const { TargetTrackingScalingPolicyConfiguration: tracking } = properties;
  const predefined = tracking?.PredefinedMetricSpecification;
  if (tracking === undefined || predefined === undefined) return properties;
  const { PredefinedMetricType } = predefined;
  const narrowed = { ...tracking, PredefinedMetricSpecification: { PredefinedMetricType } };
  return { ...properties, TargetTrackingScalingPolicyConfiguration: narrowed };
}
