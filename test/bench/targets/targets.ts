import { gateway, gatewayAndSidecar, sidecar } from './ours';
import { direct, gatewayLike, haproxy, nginx, nodePipe } from './plain';
import type { Surroundings, Target } from './target';

/** Everything that is compared, in the order of the tables. */
export const TARGETS = {
  direct,
  nginx,
  haproxy,
  'node-pipe': nodePipe,
  'gateway-like': gatewayLike,
  sidecar,
  gateway,
  'gateway+sidecar': gatewayAndSidecar,
} as const satisfies Readonly<Record<string, (surroundings: Surroundings) => Promise<Target>>>;

export type TargetName = keyof typeof TARGETS;
