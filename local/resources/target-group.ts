import { TargetGroup } from '../alb/target-group';
import { readTargetGroup, type TargetGroupProperties } from '../alb/target-group-settings';
import { arnSuffix } from '../secrets/secret-store';
import { arn, attributes, type Provisioner } from './provisioner';

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
  create: async ({ properties, stack, generatedName, path }, { targetGroups }) => {
    const name = properties.Name ?? generatedName;
    const fullName = `targetgroup/${name}/${arnSuffix(path)}`;
    const ref = arn(stack, 'elasticloadbalancing', fullName);
    targetGroups.set(ref, new TargetGroup(readTargetGroup(properties, name, ref, path)));
    return {
      ref,
      attribute: attributes({ TargetGroupArn: ref, TargetGroupFullName: fullName, TargetGroupName: name, LoadBalancerArns: [] }),
    };
  },
};
