import type { Processor, TaskSize } from './sized-server';

/** On-demand list prices in US dollars; those of other regions differ by a tenth and more, and are not known here. */
export const PRICES = {
  asOf: '2026-11',
  region: 'us-east-1',
  /** Fargate, Linux (aws.amazon.com/fargate/pricing). */
  perHour: {
    X86_64: { vcpu: 0.04048, gib: 0.004445 },
    ARM64: { vcpu: 0.03238, gib: 0.00356 },
  } satisfies Record<Processor, { vcpu: number; gib: number }>,
  /** An application load balancer, without what passes through it (aws.amazon.com/elasticloadbalancing/pricing). */
  balancerHour: 0.0225,
  /** A load balancer capacity unit for a GB that passes (the same page). */
  balancerGb: 0.008,
  /** NAT gateway (aws.amazon.com/vpc/pricing). */
  natHour: 0.045,
  natGb: 0.045,
  /** An endpoint of a service in one zone (aws.amazon.com/privatelink/pricing). */
  endpointHour: 0.01,
  /** Customer managed key, and a secret, for a month (aws.amazon.com/kms/pricing, …/secrets-manager/pricing). */
  keyMonth: 1,
  secretMonth: 0.4,
  /** Alarm on one metric, dashboard beyond the third, custom metric among the first 10,000, for a month; a GB of logs taken in (aws.amazon.com/cloudwatch/pricing). */
  alarmMonth: 0.1,
  dashboardMonth: 3,
  metricMonth: 0.3,
  logGb: 0.5,
  /** A million write request units; a GB for a month (aws.amazon.com/dynamodb/pricing/on-demand). */
  writeUnits: 0.625,
  tableGbMonth: 0.25,
  /** A million requests; a GB-second (aws.amazon.com/lambda/pricing). */
  lambdaRequests: 0.2,
  lambdaGbSecond: 0.0000166667,
  /** A million PUTs; a GB for a month (aws.amazon.com/s3/pricing). */
  puts: 5,
  bucketGbMonth: 0.023,
  /** A million requests to a REST API (aws.amazon.com/api-gateway/pricing). */
  apiRequests: 3.5,
} as const;

/** As AWS's own calculator has it. */
export const HOURS_OF_MONTH = 730;

/** US dollars a month. */
export const BALANCER_MONTH = HOURS_OF_MONTH * PRICES.balancerHour;

/** @param count how many tasks run, on average @returns US dollars */
export function monthlyCost({ vcpu, gib, processor }: TaskSize, count: number): number {
  const price = PRICES.perHour[processor];
  return count * HOURS_OF_MONTH * (vcpu * price.vcpu + gib * price.gib);
}
