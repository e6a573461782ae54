import type { AllowlistEntry } from '../core/policy';
import type { CheckedFleet } from './fleet';
import type { Grant } from './grants';

/** Source of the rows that construct code has written. */
const FROM_CODE = 'cdk';

type Named = Pick<AllowlistEntry, 'tools' | 'rules' | 'resources' | 'prompts' | 'expiresAt'>;
type Compared = Pick<CheckedFleet, 'agents' | 'allowlist' | 'grants'>;

const NOTHING: Named = { tools: [] };

/** Where the table and construct code differ, each in a sentence with a way out. */
export function driftOf(fleet: Compared): readonly string[] {
  return [...rowsWithoutGrant(fleet), ...denialsWithoutCode(fleet), ...grantsWithoutRow(fleet)];
}

/** Whether all that a row says stands in construct code. @param name of the agent */
export function isInCode(entry: AllowlistEntry, name: string, grants: readonly Grant[]): boolean {
  const grant = grantBehind(entry, name, grants);
  return entry.source === FROM_CODE && grant !== undefined && excessOf(entry, grant).length === 0 && !outlasts(entry, grant);
}

function grantBehind(entry: AllowlistEntry, name: string, grants: readonly Grant[]): Grant | undefined {
  return grants.find(({ agent, server, effect }) => agent === name && server === entry.server && effect === entry.effect);
}

/** Whether a row counts for longer than what it stands for. */
function outlasts(entry: AllowlistEntry, grant: Named): boolean {
  return grant.expiresAt !== undefined && (entry.expiresAt === undefined || entry.expiresAt > grant.expiresAt);
}

/** What the table allows and construct code does not: somebody has added it by hand. */
function rowsWithoutGrant({ agents, allowlist: entries, grants }: Compared): readonly string[] {
  const current = entries.filter(({ effect, expiresAt }) => effect === 'allow' && !isPast(expiresAt));
  return current.flatMap((entry) => {
    const name = nameOf(agents, entry);
    const grant = grantBehind(entry, name, grants) ?? NOTHING;
    const excess = excessOf(entry, grant);
    const longer = outlasts(entry, grant);
    if (excess.length === 0 && !longer) return [];
    const what = longer ? 'longer than' : `${excess.join(', ')}, which is not in`;
    return [
      `The allowlist lets ${name} call on ${entry.server} ${what} construct code (row ${entry.entry}, source ${entry.source}); remove the row or grant it`,
    ];
  });
}

/** What the table denies in the name of construct code, and construct code does not. */
function denialsWithoutCode({ agents, allowlist: entries, grants }: Compared): readonly string[] {
  const current = entries.filter(({ effect, source, expiresAt }) => effect === 'deny' && source === FROM_CODE && !isPast(expiresAt));
  return current.flatMap((entry) => {
    const name = nameOf(agents, entry);
    const denial = grantBehind(entry, name, grants) ?? NOTHING;
    const excess = excessOf(entry, denial);
    const longer = outlasts(entry, denial);
    if (excess.length === 0 && !longer) return [];
    const what = longer ? 'longer than' : `${excess.join(', ')}, which is not denied in`;
    return [
      `The allowlist keeps ${name} on ${entry.server} from ${what} construct code (row ${entry.entry}); remove the row, or deny it by denyCall`,
    ];
  });
}

/** Denials of an operator: no construct code has them, by intent, and who reads the checks is to know of them. */
export function denialsByHand({ agents, allowlist: entries }: Pick<CheckedFleet, 'agents' | 'allowlist'>): readonly object[] {
  const current = entries.filter(({ effect, source, expiresAt }) => effect === 'deny' && source !== FROM_CODE && !isPast(expiresAt));
  return current.map((entry) => ({
    agent: nameOf(agents, entry),
    server: entry.server,
    denies: namesIn(entry),
    row: entry.entry,
    ...(entry.by !== undefined && { by: entry.by }),
    ...(entry.reason !== undefined && { reason: entry.reason }),
    ...(entry.expiresAt !== undefined && { until: new Date(entry.expiresAt * 1_000).toISOString() }),
  }));
}

function nameOf(agents: CheckedFleet['agents'], entry: AllowlistEntry): string {
  return agents.find(({ id }) => id === entry.agent)?.name ?? entry.agent;
}

function grantsWithoutRow({ agents, allowlist: entries, grants }: Compared): readonly string[] {
  return grants
    .filter(({ expiresAt }) => !isPast(expiresAt))
    .flatMap((grant) => {
      const { agent: name, server, effect } = grant;
      const id = agents.find((agent) => agent.name === name)?.id;
      const rows = entries.filter((entry) => entry.agent === id && entry.server === server && entry.effect === effect);
      const absent = rows.length === 0 ? namesIn(grant) : excessOf(grant, ...rows);
      const verb = effect === 'allow' ? 'grants' : 'denies';
      return absent.length === 0
        ? []
        : [`Construct code ${verb} ${name} ${absent.join(', ')} of ${server}, and the allowlist has no row for it`];
    });
}

/** What one names and none of the others does. Patterns and bounds are compared as they are written. */
function excessOf(one: Named, ...others: readonly Named[]): readonly string[] {
  const has = (kind: (typeof KINDS)[number], name: string) => others.some((other) => isAmong(other[kind] ?? [], name));
  const names = KINDS.flatMap((kind) => (one[kind] ?? []).filter((name) => !has(kind, name)));
  const bounds = (one.rules ?? []).filter(
    (rule) => !has('tools', rule.tool) && !others.some(({ rules = [] }) => rules.some((other) => sortedText(other) === sortedText(rule))),
  );
  return [...names, ...bounds.map(({ tool }) => `${tool} within its bounds`)];
}

function namesIn(named: Named): readonly string[] {
  return excessOf(named, NOTHING);
}

/** A table keeps no order of members; and numbers of a template may be texts. */
function sortedText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(sortedText).join(',')}]`;
  if (typeof value !== 'object' || value === null) return String(value);
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([name, inner]) => `${name}:${sortedText(inner)}`).join(',')}}`;
}

/** What a row, and a grant, name. */
const KINDS = ['tools', 'resources', 'prompts'] as const;

/** Patterns are compared as they are written. */
function isAmong(names: readonly string[], name: string): boolean {
  return names.includes('*') || names.includes(name);
}

function isPast(expiresAt: number | undefined): boolean {
  return expiresAt !== undefined && expiresAt <= Date.now() / 1000;
}
