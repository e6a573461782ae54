import type { Standing } from '../core/sizing/idle-cost';
import type { DeclaredFleet } from './declared';
import { resourcesOf } from './resources';
import { type DeclaredTaskSize, declaredBase, declaredSizes } from './sizes';
import { textOf } from './symbolic';
import { listOf, membersOf } from './told';

/** What the constructs choose where only deployment knows. */
const UNTOLD = { vcpu: 0.5, gib: 1 };

/** What stands in the stack of a fleet though nobody calls: its servers at their fewest instances, whatever else the stack has included. */
export function standingOf(fleet: DeclaredFleet): Standing {
  const { template } = fleet;
  const count = (...types: readonly string[]): number => resourcesOf(template, ...types).length;
  const base = declaredBase(fleet);
  const servers = declaredSizes(fleet);
  const sized = ({ vcpu = UNTOLD.vcpu, gib = UNTOLD.gib, processor }: DeclaredTaskSize) => ({ vcpu, gib, processor });
  return {
    tasks: [
      { size: sized(base.gateway), count: base.gateways },
      ...servers.map(({ task, min = 1 }) => ({ size: sized(task), count: min })),
    ],
    balancers: base.balancers,
    natGateways: count('AWS::EC2::NatGateway'),
    endpointZones: resourcesOf(template, 'AWS::EC2::VPCEndpoint')
      .filter(({ properties }) => properties.VpcEndpointType === 'Interface')
      .reduce((sum, { properties }) => sum + (listOf(properties.SubnetIds)?.length ?? 1), 0),
    keys: count('AWS::KMS::Key'),
    secrets: count('AWS::SecretsManager::Secret'),
    alarms: resourcesOf(template, 'AWS::CloudWatch::Alarm').reduce(
      (sum, { properties }) => sum + metricsOf(properties.Metrics, servers.length),
      0,
    ),
    dashboards: count('AWS::CloudWatch::Dashboard'),
    servers: servers.length,
    gateways: base.gateways,
  };
}

/** An alarm on an expression is paid for each metric in it, and one on a query for each that it looks at (Amazon CloudWatch Pricing). */
function metricsOf(metrics: unknown, servers: number): number {
  const told = (listOf(metrics) ?? []).map((metric) => membersOf(metric));
  if (told.some((metric) => isQuery(metric?.Expression))) return Math.max(1, servers);
  return Math.max(1, told.filter((metric) => metric?.MetricStat !== undefined).length);
}

function isQuery(expression: unknown): boolean {
  return /^SELECT\b/.test(textOf(expression));
}
