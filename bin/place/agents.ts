import { agentId } from '../../core/agent';
import type { AllowlistEntry } from '../../core/policy';
import { CommandError, EXIT } from '../exit';

/**
 * agentIds of an agent as people name it: by its name in construct code, its subject, or its id.
 * @throws CommandError where the allowlist has none
 */
export function agentIdsOf(name: string, allowlist: readonly AllowlistEntry[]): readonly string[] {
  const named = allowlist.filter((entry) => [entry.name, entry.subject, entry.agent].includes(name));
  if (named.length > 0) return [...new Set(named.map(({ agent }) => agent))];
  const allowed = [...new Set(allowlist.map((entry) => entry.name ?? entry.subject))].sort().join(', ');
  throw new CommandError(EXIT.USAGE, `--agent names "${name}", and the allowlist has no such agent; allowed: ${allowed}.`);
}

/** The one agent of a name; two issuers may know one subject. @throws CommandError */
export function agentIdOf(name: string, allowlist: readonly AllowlistEntry[]): string {
  const [id = '', ...others] = agentIdsOf(name, allowlist);
  if (others.length === 0) return id;
  const ids = allowlist.filter(({ agent }) => [id, ...others].includes(agent)).map((entry) => `${agentId(entry)} (${entry.issuer})`);
  throw new CommandError(EXIT.USAGE, `${others.length + 1} agents are "${name}".`, `name one by its id: ${[...new Set(ids)].join(', ')}`);
}

/** A row of that agent, which says who it is. @throws CommandError */
export function entryOf(name: string, allowlist: readonly AllowlistEntry[]): AllowlistEntry {
  const id = agentIdOf(name, allowlist);
  return allowlist.find(({ agent }) => agent === id) as AllowlistEntry;
}
