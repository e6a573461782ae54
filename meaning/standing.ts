import type { Standing } from '../core/sizing/idle-cost';
import { type FleetInApp, gatewaysOf, partsOf } from './fleets-in-app';
import { type Located, resourcesOf } from './resources';
import { type DeclaredTaskSize, declaredBase, declaredSizes } from './sizes';
import { textOf } from './symbolic';
import { listOf, membersOf } from './told';

/** What the constructs choose where only deployment knows. */
const UNTOLD = { vcpu: 0.5, gib: 1 };

/**
 * What stands in the stacks of a fleet and of its teams though nobody calls: its servers at their fewest instances, whatever else these stacks have
 * included. Where the fleet itself is not in the app, nothing of it: no gateways, no load balancers, no alarms on all servers.
 */
export function standingOf(fleet: FleetInApp): Standing {
  const { home } = fleet;
  const fleets = partsOf(fleet);
  const templates = [...new Set(fleets.map(({ template }) => template))];
  const resources = (...types: readonly string[]): readonly Located[] => templates.flatMap((template) => resourcesOf(template, ...types));
  const base = home && declaredBase(home);
  const servers = fleets.flatMap(declaredSizes);
  const sized = ({ vcpu = UNTOLD.vcpu, gib = UNTOLD.gib, processor }: DeclaredTaskSize) => ({ vcpu, gib, processor });
  const instances = servers.map(({ task, min = 1 }) => ({ size: sized(task), count: min }));
  return {
    tasks: [...(base === undefined ? [] : [{ size: sized(base.gateway), count: base.gateways }]), ...instances],
    balancers: resources('AWS::ElasticLoadBalancingV2::LoadBalancer').length,
    natGateways: resources('AWS::EC2::NatGateway').length,
    endpointZones: resources('AWS::EC2::VPCEndpoint')
      .filter(({ properties }) => properties.VpcEndpointType === 'Interface')
      .reduce((sum, { properties }) => sum + (listOf(properties.SubnetIds)?.length ?? 1), 0),
    keys: resources('AWS::KMS::Key').length,
    secrets: resources('AWS::SecretsManager::Secret').length,
    alarms: resources('AWS::CloudWatch::Alarm').reduce((sum, { properties }) => sum + metricsOf(properties.Metrics, servers.length), 0),
    dashboards: resources('AWS::CloudWatch::Dashboard').length,
    servers: servers.length,
    instances: instances.reduce((sum, { count }) => sum + count, 0),
    gateways: gatewaysOf(fleet),
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
