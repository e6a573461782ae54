import { LISTED_SERVER_RESOURCE } from '../core/listed-servers';
import type { Template } from '../local/assembly/template';
import { textOf as sortedJson } from '../local/cloudformation/template-changes';
import type { DeclaredFleet, DeclaredServer, NamedTemplate, ToldGrants } from './declared';
import { described } from './described';
import { readAlarms, readLogs } from './read-audit';
import { readGrants } from './read-grants';
import { readServer, sidecarsIn } from './read-server';
import { isPlaced, type Located, placeIn, resourcesOf } from './resources';
import { documentOf, textOf } from './symbolic';
import { type Members, membersOf, ownMember, textIn } from './told';

/** What a stack has in fleets that stand in others: their servers there, and who may call these. */
export function readGuests({ name: stack, template }: NamedTemplate, homes: readonly DeclaredFleet[]): readonly DeclaredFleet[] {
  return Object.entries(described(template)?.servers ?? {}).flatMap(([name, listed]) => {
    const facts = membersOf(listed);
    if (facts === undefined) return [];
    const servers = new Map(Object.keys(facts).map((server) => [server, readGuest(template, { fleet: name, server, facts })]));
    const granted = readGrants(template, { path: grantsPath(facts) });
    const placeOf = (resource: Located) => placeAmong(facts, resource);
    return [
      {
        name,
        stack,
        template,
        isHome: false,
        path: undefined,
        identity: {},
        agents:
          granted &&
          strangers(
            granted,
            homes.filter((home) => home.name === name),
          ),
        granted,
        edge: undefined,
        gateway: undefined,
        servers,
        ledger: undefined,
        logs: readLogs(template, placeOf),
        alarms: readAlarms(template, { name, isHome: false, placeOf, servers: servers.keys() }),
        tableAccess: [],
      },
    ];
  });
}

function readGuest(
  template: Template,
  { fleet, server, facts }: { readonly fleet: string; readonly server: string; readonly facts: Members },
): DeclaredServer {
  const { path, checks } = membersOf(ownMember(facts, server)) ?? {};
  const config = configOf(template, server, textIn(path));
  const sidecar = sidecarsIn(template).find((other) => other.fleet === fleet && other.server === server);
  return readServer(template, server, { config, sidecar, checks: checks === undefined ? '' : sortedJson(checks) });
}

/** What its listing tells gateways. */
function configOf(template: Template, server: string, path: string | undefined): Members | undefined {
  const listings = resourcesOf(template, LISTED_SERVER_RESOURCE).filter(({ properties }) => textOf(properties.Server) === server);
  const own = listings.find((listing) => !isPlaced(listing) || placeIn(path, listing) !== undefined);
  return membersOf(documentOf(own?.properties.Config));
}

/** All servers that a stack has in one fleet have their grants in one place. */
function grantsPath(facts: Members): string | undefined {
  return Object.values(facts)
    .map((server) => textIn(membersOf(server)?.grants))
    .find((path) => path !== undefined);
}

function placeAmong(facts: Members, resource: Located): string | undefined {
  for (const [server, told] of Object.entries(facts)) {
    const place = placeIn(textIn(membersOf(told)?.path), resource);
    if (place !== undefined) return `${server}/${place}`;
  }
  return undefined;
}

/** Agents of whom the fleet itself tells in the same version are told there. */
function strangers({ subjects }: ToldGrants, homes: readonly DeclaredFleet[]): ReadonlyMap<string, string> {
  const isKnown = (name: string, subject: string): boolean => homes.some(({ agents }) => agents?.get(name) === subject);
  return new Map([...subjects].filter(([name, subject]) => !isKnown(name, subject)));
}
