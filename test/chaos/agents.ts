import { AgentProcesses } from './agent/processes';
import type { Crew, Share } from './crew';
import { SERVER } from './fleet-app';
import { AGENT_KINDS, type Told } from './messages';
import type { Options } from './options';
import { PLAIN_KINDS, PlainAgents } from './plain/agents';

export interface CrewProps {
  readonly seed: number;
  /** State-changing calls, of all agents together. */
  readonly calls: number;
  /** Where agents come in. */
  readonly url: string;
  readonly token: (agent: string) => Promise<string>;
  /** File of the agent process. */
  readonly program: string;
  readonly scratch: string;
  readonly onTold: (told: Told) => void;
}

/** Names under which the fleet knows the agents: one for each kind of client. */
export function agentNames(clients: Options['clients']): readonly string[] {
  return clients === 'helper' ? AGENT_KINDS : PLAIN_KINDS;
}

export async function startCrew(clients: Options['clients'], props: CrewProps): Promise<Crew> {
  const { seed, program, scratch, onTold } = props;
  if (clients === 'plain') return new PlainAgents(await sharesOf(PLAIN_KINDS, props), { seed, scratch, onTold });
  const shares = (await sharesOf(AGENT_KINDS, props)).map((share) => ({ ...share, kind: share.name }));
  return new AgentProcesses(program, shares, seed, onTold);
}

async function sharesOf<Name extends string>(
  names: readonly Name[],
  { calls, url, token }: CrewProps,
): Promise<(Share & { name: Name })[]> {
  return await Promise.all(
    names.map(async (name, index) => ({
      name,
      endpoint: `${url}/${SERVER}/mcp`,
      token: await token(name),
      calls: Math.floor(calls / names.length) + (index < calls % names.length ? 1 : 0),
    })),
  );
}
