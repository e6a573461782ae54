import { type Draft, type MeaningChange, SEVERITIES } from './change';
import type { DeclaredFleet, NamedTemplate } from './declared';
import { fleetChanges, lonelyFleet } from './fleet-changes';
import { readFleets, unreadableIn } from './read-fleets';
import { readableIn } from './symbolic';

/** The same fleet of two versions; of one that comes or goes, one. */
interface Pair {
  readonly before?: DeclaredFleet;
  readonly after?: DeclaredFleet;
}

/**
 * What changes in meaning from one version of an app to the next: who may call what, what holds whom back, and what is lost on the way.
 * Reads templates only; what deployment fills in is compared, and shown, as the construct that it comes from. Fleets are in the order of the
 * stacks, what widens comes first in each of its servers.
 */
export function changesInMeaning(before: readonly NamedTemplate[], after: readonly NamedTemplate[]): MeaningChange[] {
  const [had, has] = [readFleets(before), readFleets(after)];
  const pairs = pairsOf(had, has);
  return [...unread('before', before), ...unread('after', after), ...pairs.flatMap((pair) => changesOf(pair, labelOf(pair, had, has)))];
}

function pairsOf(before: readonly DeclaredFleet[], after: readonly DeclaredFleet[]): readonly Pair[] {
  const partners = new Map<DeclaredFleet, DeclaredFleet>();
  for (const same of [samePath, samePlace, sameName, sameServers]) {
    for (const fleet of after) {
      if (partners.has(fleet)) continue;
      const alike = before.filter((other) => other.isHome === fleet.isHome && same(other, fleet));
      const free = alike.filter((other) => ![...partners.values()].includes(other));
      // Two that might be meant are not guessed between.
      if (free.length === 1) partners.set(fleet, free[0] as DeclaredFleet);
    }
  }
  const gone = before.filter((fleet) => ![...partners.values()].includes(fleet));
  return [...after.map((fleet) => ({ ...pairedWith(partners.get(fleet)), after: fleet })), ...gone.map((fleet) => ({ before: fleet }))];
}

function pairedWith(before: DeclaredFleet | undefined): Pair {
  return before === undefined ? {} : { before };
}

function samePath({ path: one }: DeclaredFleet, { path: other }: DeclaredFleet): boolean {
  return one !== undefined && one === other;
}

function samePlace(one: DeclaredFleet, other: DeclaredFleet): boolean {
  return one.stack === other.stack && one.name === other.name;
}

/** Of a fleet of other stacks, each of several teams' may have some. */
function sameName(one: DeclaredFleet, other: DeclaredFleet): boolean {
  return one.isHome && one.name === other.name;
}

/** A stack of another name: each name of a server is there once in a fleet. */
function sameServers(one: DeclaredFleet, other: DeclaredFleet): boolean {
  return !one.isHome && one.name === other.name && [...one.servers.keys()].some((server) => other.servers.has(server));
}

function changesOf({ before, after }: Pair, fleet: string): MeaningChange[] {
  const drafts = draftsOf(before, after);
  // What is of no server comes first.
  const servers = [...new Set(drafts.map(({ server = '' }) => server))].sort();
  const [old, made] = [readable(before), readable(after)];
  return servers.flatMap((server) =>
    drafts
      .filter((draft) => (draft.server ?? '') === server)
      .sort((one, other) => SEVERITIES.indexOf(one.severity) - SEVERITIES.indexOf(other.severity))
      .map((draft) => ({
        ...draft,
        fleet,
        what: old(made(draft.what)),
        ...(draft.before !== undefined && { before: old(draft.before) }),
        ...(draft.after !== undefined && { after: made(draft.after) }),
      })),
  );
}

function draftsOf(before: DeclaredFleet | undefined, after: DeclaredFleet | undefined): readonly Draft[] {
  if (before && after) return fleetChanges(before, after);
  if (before) return lonelyFleet(before, 'before');
  return after ? lonelyFleet(after, 'after') : [];
}

function readable(fleet: DeclaredFleet | undefined): (text: string) => string {
  return fleet === undefined ? (text) => text : readableIn(fleet.template);
}

/** Its name; where stages have fleets of one name, the place. */
function labelOf({ before, after }: Pair, ...sides: readonly (readonly DeclaredFleet[])[]): string {
  const { name, path, stack, isHome } = (after ?? before) as DeclaredFleet;
  const others = sides.map((fleets) =>
    fleets.filter((other) => other.isHome && other.name === name && other !== before && other !== after),
  );
  // What a team has in a fleet is told under the fleet's name, unless two might be meant.
  const isShared = others.some(({ length }) => length > (isHome ? 0 : 1));
  return isShared ? (path ?? `${stack}/${name}`) : name;
}

function unread(side: 'before' | 'after', stacks: readonly NamedTemplate[]): MeaningChange[] {
  return unreadableIn(stacks).map((stack) => ({
    kind: 'untold',
    severity: 'changes',
    fleet: stack,
    what: `fleets of ${stack}`,
    [side]: `not told by the version ${side}: its Metadata "cdk-mcp-fleet" has a form that this mcp-fleet does not know`,
  }));
}
