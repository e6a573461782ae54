/**
 * Servers that stand outside their fleet's own stack. The custom resource of each lists it in the table of the allowlist, under one partition, and
 * gateways read it there: neither the fleet's stack nor its gateways are deployed for it.
 */

import { SERVER_NAME, type ServerConfig } from './fleet-config';

/** Type of the custom resource that lists a server, and gives it a place behind a load balancer of the fleet. */
export const LISTED_SERVER_RESOURCE = 'Custom::McpFleetServer';

/** Environment variables of the function that lists servers: ARNs of the listeners they can stand behind, and names that they cannot have; as JSON. */
export const LISTENERS_VARIABLE = 'MCP_FLEET_LISTENERS';
export const OWN_SERVERS_VARIABLE = 'MCP_FLEET_OWN_SERVERS';

/** The partition of the allowlist's table; no agent's id has this length. */
export const SERVERS_KEY = 'servers';

/** Entry of the item that counts the changes of the list; no server has such a name. */
export const REVISION_ENTRY = '#revision';

/** What stands before the place in the entry of an item by which a server holds it. */
export const PLACE_PREFIX = '#place ';

/** The one there is; who reads another leaves the server as it was read last. */
export const LISTING_FORMAT = 1;

/** How often a gateway asks whether the list has changed, in milliseconds: 1.3 million reads of half a unit a month and replica. */
export const LIST_READ_MS = 2_000;

/** Most bytes of the configuration of a server: an item has 400 KB (DynamoDB quotas), and a request to a function 256 KB. */
export const MOST_LISTING_BYTES = 200_000;

/**
 * Servers that one listener takes: a load balancer has 100 target groups, and 100 rules unless that was raised (Elastic Load Balancing quotas). The
 * first one has the gateway's, too, and those of the servers in the fleet's own stack.
 */
export const PLACES = { first: 60, other: 90 } as const;

/** Most servers of the fleet's own stack that stand behind a load balancer, beside {@link PLACES}.first. */
export const MOST_OWN_TARGETS = 38;

/** Where a server stands: by its number, the listener; by the other, its rule's priority. */
export interface ServerPlace {
  readonly listener: number;
  readonly priority: number;
}

/** A server as it stands in the table. */
export interface ListedServer {
  readonly name: string;
  /** Absent for a remote one. */
  readonly listener?: number;
  readonly config: ServerConfig;
}

/** How many places a listener has, by its number. */
export function placesOf(listener: number): number {
  return listener === 0 ? PLACES.first : PLACES.other;
}

/** The first place that nobody has; undefined where there is none. @param taken entries of the places that somebody has */
export function freePlace(listeners: number, taken: ReadonlySet<string>): ServerPlace | undefined {
  for (let listener = 0; listener < listeners; listener++) {
    for (let priority = 1; priority <= placesOf(listener); priority++) {
      const place = { listener, priority };
      if (!taken.has(placeEntry(place))) return place;
    }
  }
  return undefined;
}

export function placeEntry({ listener, priority }: ServerPlace): string {
  return `${PLACE_PREFIX}${listener} ${priority}`;
}

/**
 * A server out of its item.
 * @throws TypeError for what this version cannot read
 */
export function readListed(item: Readonly<Record<string, unknown>>): ListedServer {
  const { entry, format, listener, config } = item;
  const wrong = (what: string, got: unknown) =>
    new TypeError(`the listing of ${JSON.stringify(entry)} ${what}; got ${JSON.stringify(got)?.slice(0, 120)}`);
  if (typeof entry !== 'string' || !SERVER_NAME.test(entry)) throw wrong('must be of a server', entry);
  if (format !== LISTING_FORMAT) throw wrong(`must have the format ${LISTING_FORMAT}`, format);
  if (listener !== undefined && !Number.isInteger(listener)) throw wrong('must have the number of a listener, or none', listener);
  const read = parsed(config);
  if (!isServerConfig(read)) throw wrong('must be a configuration with tools, and with a sidecar or a URL', config);
  if ((read.remoteUrl === undefined) !== (listener !== undefined)) throw wrong('must have a listener, or be remote', listener);
  return { name: entry, ...(listener !== undefined && { listener: listener as number }), config: read };
}

function parsed(text: unknown): unknown {
  try {
    return JSON.parse(String(text));
  } catch {
    return undefined;
  }
}

/** The parts without which no request could be served; constructs have judged the rest. */
function isServerConfig(value: unknown): value is ServerConfig {
  if (!isRecord(value) || !isRecord(value.tools)) return false;
  const { sidecarKeySecret, remoteUrl } = value;
  if (sidecarKeySecret === undefined) return typeof remoteUrl === 'string' && URL.canParse(remoteUrl);
  return typeof sidecarKeySecret === 'string' && remoteUrl === undefined;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
