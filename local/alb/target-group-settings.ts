import { unsupported } from '../account-error';

/** How a target is spoken to. */
export type Scheme = 'http' | 'https';

export interface TargetGroupSettings {
  /** `Stack/LogicalId`. */
  readonly id: string;
  readonly name: string;
  readonly arn: string;
  readonly scheme: Scheme;
  readonly healthCheck: HealthCheckSettings;
  readonly algorithm: 'round_robin' | 'least_outstanding_requests';
  /** Seconds for which a cookie binds; absent without stickiness. */
  readonly stickinessSeconds?: number;
  readonly deregistrationDelaySeconds: number;
}

export interface HealthCheckSettings {
  /** Port of the task to ask; the target's own when absent. */
  readonly port?: number;
  readonly scheme: Scheme;
  readonly path: string;
  readonly intervalSeconds: number;
  readonly timeoutSeconds: number;
  readonly healthyThreshold: number;
  readonly unhealthyThreshold: number;
  /** Whether a status code counts as healthy. */
  readonly matches: (status: number) => boolean;
}

/** AWS::ElasticLoadBalancingV2::TargetGroup, as far as it is read. */
export interface TargetGroupProperties {
  readonly Name?: string;
  readonly Protocol?: string;
  readonly ProtocolVersion?: string;
  readonly TargetType?: string;
  readonly HealthCheckPath?: string;
  readonly HealthCheckPort?: string;
  readonly HealthCheckProtocol?: string;
  readonly HealthCheckIntervalSeconds?: number;
  readonly HealthCheckTimeoutSeconds?: number;
  readonly HealthyThresholdCount?: number;
  readonly UnhealthyThresholdCount?: number;
  readonly Matcher?: { readonly HttpCode?: string };
  readonly TargetGroupAttributes?: readonly { readonly Key: string; readonly Value: string }[];
}

/** Attributes that change nothing where there is one zone and no cross-zone traffic. */
const INERT_ATTRIBUTES = /^(target_group_health\.|load_balancing\.cross_zone|load_balancing\.algorithm\.anomaly_mitigation)/;
const ALGORITHMS = ['round_robin', 'least_outstanding_requests'] as const;

/**
 * Defaults are those of the load balancer (ElasticLoadBalancingV2, CreateTargetGroup and target group attributes).
 * @throws LocalAccountError that names a setting which is not honoured
 */
export function readTargetGroup(properties: TargetGroupProperties, name: string, arn: string, path: string): TargetGroupSettings {
  const attributes = new Map(properties.TargetGroupAttributes?.map(({ Key, Value }) => [Key, Value]));
  const problems: string[] = [];
  const refuse = (what: string, got: string, allowed: string): void => {
    problems.push(`${what} "${got}" of ${path}; it has ${allowed}`);
  };
  const take = (key: string): string | undefined => {
    const value = attributes.get(key);
    attributes.delete(key);
    return value;
  };
  const { Protocol = 'HTTP', HealthCheckProtocol = 'HTTP' } = properties;
  for (const [what, got] of Object.entries({ Protocol, HealthCheckProtocol })) {
    if (!['HTTP', 'HTTPS'].includes(got)) refuse(what, got, 'HTTP, HTTPS');
  }
  if ((properties.TargetType ?? 'ip') !== 'ip') refuse('TargetType', String(properties.TargetType), 'ip');
  if ((properties.ProtocolVersion ?? 'HTTP1') !== 'HTTP1') refuse('ProtocolVersion', String(properties.ProtocolVersion), 'HTTP1');

  const algorithm = (take('load_balancing.algorithm.type') ?? 'round_robin') as (typeof ALGORITHMS)[number];
  if (!ALGORITHMS.includes(algorithm)) refuse('load_balancing.algorithm.type', algorithm, ALGORITHMS.join(', '));
  const sticky = take('stickiness.enabled') === 'true';
  const stickinessType = take('stickiness.type') ?? 'lb_cookie';
  const stickinessSeconds = Number(take('stickiness.lb_cookie.duration_seconds') ?? 86_400);
  if (sticky && stickinessType !== 'lb_cookie') refuse('stickiness.type', stickinessType, 'lb_cookie');
  const deregistrationDelaySeconds = Number(take('deregistration_delay.timeout_seconds') ?? 300);
  const slowStart = take('slow_start.duration_seconds') ?? '0';
  if (slowStart !== '0') refuse('slow_start.duration_seconds', slowStart, '0');
  for (const [key, value] of attributes) if (!INERT_ATTRIBUTES.test(key)) refuse(key, value, 'no such attribute');
  if (problems.length > 0) throw unsupported(problems);

  const healthCheckPort = properties.HealthCheckPort ?? 'traffic-port';
  return {
    id: path,
    name,
    arn,
    algorithm,
    deregistrationDelaySeconds,
    scheme: schemeOf(Protocol),
    ...(sticky && { stickinessSeconds }),
    healthCheck: {
      ...(healthCheckPort !== 'traffic-port' && { port: Number(healthCheckPort) }),
      scheme: schemeOf(HealthCheckProtocol),
      path: properties.HealthCheckPath ?? '/',
      intervalSeconds: Number(properties.HealthCheckIntervalSeconds ?? 30),
      timeoutSeconds: Number(properties.HealthCheckTimeoutSeconds ?? 5),
      healthyThreshold: Number(properties.HealthyThresholdCount ?? 5),
      unhealthyThreshold: Number(properties.UnhealthyThresholdCount ?? 2),
      matches: statusMatcher(properties.Matcher?.HttpCode ?? '200'),
    },
  };
}

function schemeOf(protocol: string): Scheme {
  return protocol === 'HTTPS' ? 'https' : 'http';
}

/** `200`, `200,202` or `200-299`. */
function statusMatcher(codes: string): (status: number) => boolean {
  const ranges = codes.split(',').map((part) => part.split('-').map(Number) as [number, number?]);
  return (status) => ranges.some(([first, last]) => status >= first && status <= (last ?? first));
}
