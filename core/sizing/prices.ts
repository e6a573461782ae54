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
} as const;

/** As AWS's own calculator has it. */
const HOURS_OF_MONTH = 730;

/** US dollars a month. */
export const BALANCER_MONTH = HOURS_OF_MONTH * PRICES.balancerHour;

/** @param count how many tasks run, on average @returns US dollars */
export function monthlyCost({ vcpu, gib, processor }: TaskSize, count: number): number {
  const price = PRICES.perHour[processor];
  return count * HOURS_OF_MONTH * (vcpu * price.vcpu + gib * price.gib);
}
