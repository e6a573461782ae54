import { referencesIn } from '../references';
import type { Collision, Declared, Side, Update } from './update';

const GROUP = 'AWS::EC2::SecurityGroup';

/** A load balancer and a service stay in their VPC, though all that says so is changed in place. */
export function networks({ before, after, changes }: Update): Collision[] {
  const settled = after.ofType(...Object.keys(GROUPS_OF)).filter(({ logicalId }) => !changes.replaced.has(logicalId));
  return settled.flatMap((declared) => {
    const old = before.ofType(declared.type).find(({ logicalId }) => logicalId === declared.logicalId);
    const had = old === undefined ? [] : networksOf(old, before);
    const has = networksOf(declared, after);
    if (had.length === 0 || has.length === 0 || has.some((network) => had.includes(network))) return [];
    return [
      {
        kind: 'network' as const,
        logicalIds: [declared.logicalId],
        what: `${declared.logicalId} (${declared.type}) would be moved into another VPC.`,
        why: 'Its security groups and subnets can be changed only for others of the same VPC.',
        fix: 'Make a new one in the other VPC, under another logical id and with all that stands behind it.',
      },
    ];
  });
}

/** Where a resource that has a place in a network names its security groups. */
const GROUPS_OF: Readonly<Record<string, (properties: Declared['properties']) => unknown>> = {
  'AWS::ElasticLoadBalancingV2::LoadBalancer': ({ SecurityGroups }) => SecurityGroups,
  'AWS::ECS::Service': ({ NetworkConfiguration }) => NetworkConfiguration?.AwsvpcConfiguration?.SecurityGroups,
};

/** The VPCs of the security groups that stand in the same template. */
function networksOf({ type, properties }: Declared, side: Side): string[] {
  const groups = referencesIn(GROUPS_OF[type]?.(properties));
  const known = side.ofType(GROUP).filter((group) => groups.includes(group.logicalId) && group.properties.VpcId !== undefined);
  return known.map((group) => side.text(group.properties.VpcId));
}
