import { startFleetTarget } from './fleet';
import { startGateway, startGatewayAndSidecar, startSidecar } from './ours';
import { startDirect, startGatewayLike, startNodePipe, startSdkProxy } from './own-proxies';
import { startHaproxy, startHttpxy, startMcpProxy, startNginx } from './peers';
import type { Start } from './target';

export interface TargetKind {
  readonly start: Start;
  /** What it does for each call, for the tables. */
  readonly does: string;
  /** `node`: a program on Node. `ours`: of this project, on Node. */
  readonly runs?: 'node' | 'ours';
  /** Brings its own server, the instant one. */
  readonly ownServer?: true;
  /** Only where it is asked for by name. */
  readonly optional?: true;
}

/** Everything that is compared, in the order of the tables. */
export const TARGETS = {
  direct: { start: startDirect, does: 'no proxy' },
  nginx: { start: startNginx, does: 'routes by a hash of the session' },
  haproxy: { start: startHaproxy, does: 'routes by a stick table' },
  'node-pipe': { start: startNodePipe, does: 'passes on', runs: 'node' },
  httpxy: { start: startHttpxy, does: 'passes on', runs: 'node' },
  'mcp-proxy': { start: startMcpProxy, does: 'bridges to one stdio child', runs: 'node', ownServer: true },
  'sdk-proxy': { start: startSdkProxy, does: 'official SDK on both sides', runs: 'node' },
  'gateway-like': { start: startGatewayLike, does: 'parses, verifies a MAC, writes an audit line', runs: 'node' },
  sidecar: { start: startSidecar, does: 'verifies its gateway, counts sessions and slots, keeps answers', runs: 'ours' },
  gateway: { start: startGateway, does: 'identity, policy, sealed sessions, ledger', runs: 'ours' },
  'gateway+sidecar': { start: startGatewayAndSidecar, does: 'both', runs: 'ours' },
  fleet: { start: startFleetTarget, does: 'edge, 2 gateways, balancer, sidecar in the local account', ownServer: true, optional: true },
} as const satisfies Readonly<Record<string, TargetKind>>;

export type TargetName = keyof typeof TARGETS;

export const TARGET_NAMES = Object.keys(TARGETS) as TargetName[];

export function kindOf(name: TargetName): TargetKind {
  return TARGETS[name];
}
