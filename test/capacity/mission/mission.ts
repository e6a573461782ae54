import type { LoadProfile } from '../../../core/sizing/load-profile';

/** Agents that work with servers which grow for them. */
export interface Mission {
  readonly names: readonly string[];
  /** Of each server: an agent's task opens its sessions on all of them. Only `thinkSeconds` are seconds of this machine. */
  readonly profile: LoadProfile;
  /** How much faster than in AWS agents come, tasks end and servers scale. */
  readonly speed: number;
  readonly perInstance: number;
  readonly minInstances: number;
  readonly maxInstances: number;
  /** In the queue at most, of this machine. */
  readonly waitSeconds: number;
}

/** What instances follow: the sessions that they hold, as the constructs have it, or their CPU. */
export type Follows = 'sessions' | 'cpu';

/** Names of the servers whose instances follow it: both kinds may be in one fleet, under the same load. */
export function serversOf({ names }: Mission, follows: Follows): readonly string[] {
  return names.map((name) => (follows === 'cpu' ? `${name}-by-cpu` : name));
}
