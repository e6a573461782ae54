import { type Crowd, crowdName, USUAL } from '../crowd';
import type { OpenJob } from '../generator/job';
import type { StagedTarget } from '../stage';

/** Where the load generator finds a target, and as whom it comes. */
export async function addressOf(target: StagedTarget, sessions: number, crowd: Crowd = USUAL): Promise<Omit<OpenJob, 'kind'>> {
  const headers = await Promise.all(Array.from({ length: crowd.agents }, (_, agent) => target.headers(agent, crowd)));
  return {
    name: target.variant.name,
    port: target.port,
    headers,
    crowd: crowdName(crowd),
    servers: crowd.servers,
    sessions,
    ...(target.session !== undefined && { knownAs: target.session }),
  };
}
