import { TargetGroup } from '../alb/target-group';
import { readTargetGroup, type TargetGroupProperties } from '../alb/target-group-settings';
import { arnSuffix } from '../secrets/secret-store';
import { arn, attributes, type Created, type Provisioner } from './provisioner';

export const targetGroup: Provisioner<TargetGroupProperties> = {
  phase: 'load balancers',
  noun: ['target group', 'target groups'],
  honours: [
    'Name',
    'Protocol',
    'ProtocolVersion',
    'TargetType',
    'HealthCheckPath',
    'HealthCheckPort',
    'HealthCheckProtocol',
    'HealthCheckIntervalSeconds',
    'HealthCheckTimeoutSeconds',
    'HealthyThresholdCount',
    'UnhealthyThresholdCount',
    'Matcher',
    'TargetGroupAttributes',
  ],
  // The port of a target is that of its registration.
  ignores: ['Port', 'VpcId', 'IpAddressType', 'HealthCheckEnabled'],
  create: async ({ properties, stack, generatedName, identity, path }, { targetGroups }) => {
    const name = properties.Name ?? generatedName;
    const ref = arn(stack, 'elasticloadbalancing', `targetgroup/${name}/${arnSuffix(identity)}`);
    targetGroups.set(ref, new TargetGroup(readTargetGroup(properties, name, ref, path)));
    return describe(ref);
  },
  update: async ({ properties, path }, { ref }, { targetGroups }) => {
    const group = targetGroups.get(ref);
    group?.configure(readTargetGroup(properties, group.settings.name, ref, path));
    return describe(ref);
  },
  delete: async ({ ref }, { targetGroups }) => void targetGroups.delete(ref),
};

function describe(ref: string): Created {
  const fullName = ref.split(':').at(-1) ?? '';
  const [, name] = fullName.split('/');
  return {
    ref,
    attribute: attributes({ TargetGroupArn: ref, TargetGroupFullName: fullName, TargetGroupName: name, LoadBalancerArns: [] }),
  };
}
