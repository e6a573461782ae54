import type { OpenJob } from '../generator/job';
import type { StagedTarget } from '../stage';

/** Agents that share the sessions of a target. */
const AGENTS = 8;

/** Where the load generator finds a target, and as whom it comes, signed anew. */
export async function addressOf(target: StagedTarget, sessions: number): Promise<Omit<OpenJob, 'kind'>> {
  const headers = await Promise.all(Array.from({ length: AGENTS }, (_, agent) => target.headers(agent)));
  return {
    name: target.variant.name,
    port: target.port,
    headers,
    sessions,
    ...(target.session !== undefined && { knownAs: target.session }),
  };
}
