import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { agentId } from '../../core/agent';

/** Agents of a fleet, as far as their names go. */
export interface NamedAgents {
  readonly name: string;
  readonly issuer: { readonly url: string };
  readonly subjects: Readonly<Record<string, { readonly subject: string }>>;
}

/** Names in construct code, by the ids that stand in the lines of a run: ids are all that gateways and sidecars know. */
export type AgentNames = ReadonlyMap<string, string>;

const FILE = 'agents.json';

/** Beside the lines, so that they can be read when the account is gone. */
export function writeAgentNames(folder: string, fleets: readonly NamedAgents[]): void {
  writeFileSync(join(folder, FILE), `${JSON.stringify(Object.fromEntries(agentNames(fleets)))}\n`);
}

/** None of a run that did not get so far. */
export function readAgentNames(folder: string): AgentNames {
  try {
    return new Map(Object.entries(JSON.parse(readFileSync(join(folder, FILE), 'utf8')) as Record<string, string>));
  } catch {
    return new Map();
  }
}

/** Where two fleets have an agent of one name, and they are not the same one, it is `FLEET/AGENT`. One that has two names has both. */
export function agentNames(fleets: readonly NamedAgents[]): AgentNames {
  const agents = fleets.flatMap(({ name: fleet, issuer, subjects }) =>
    Object.entries(subjects).map(([name, { subject }]) => ({ fleet, name, id: agentId({ issuer: issuer.url, subject }) })),
  );
  const names = new Map<string, string>();
  for (const { fleet, name, id } of agents) {
    const full = agents.some((other) => other.name === name && other.id !== id) ? `${fleet}/${name}` : name;
    const known = names.get(id);
    if (known === undefined) names.set(id, full);
    else if (!known.split(' or ').includes(full)) names.set(id, `${known} or ${full}`);
  }
  return names;
}
