import type { Standing } from './breaker';

/** What a replica knows of its dependencies, and of how others fare with them. */
export interface Outlook {
  readonly tables: Standing;
  readonly authorizer: Standing;
  /** Whether other replicas reach them just now; false as well where that cannot be told. */
  readonly othersReach: { readonly tables: boolean; readonly authorizer: boolean };
  /** Whether a connection to the servers' load balancer, which is in our own network, stands. */
  readonly serversReached: boolean;
}

/** Why a replica should leave the balancer. */
export type OwnFault = 'credentials' | 'tables' | 'authorizer' | 'network';

/**
 * Whether it is this replica that is cut off, rather than a dependency that is down for all: then another replica, or a new
 * task, does better. Undefined where that is not shown: replicas that all left in a general outage would be killed and started
 * again in vain, and their agents would lose the errors that say what became of a call. docs/operations.md has it as a table.
 */
export function ownFault({ tables, authorizer, othersReach, serversReached }: Outlook): OwnFault | undefined {
  if (tables === 'serving' && authorizer === 'serving') return undefined;
  if (tables !== 'serving' && authorizer !== 'serving') {
    // Nobody is left to ask about the others. What is refused everywhere is this task's name, what is silent everywhere its network.
    if (tables === 'credentials' || authorizer === 'credentials') return 'credentials';
    return serversReached ? undefined : 'network';
  }
  const gone = tables !== 'serving' ? 'tables' : 'authorizer';
  return othersReach[gone] ? gone : undefined;
}
