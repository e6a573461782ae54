import type { Network } from './network';
import type { Listener, Party, Place, Tasks } from './parties';
import { type Connection, throughAcls, throughGroups } from './passage';
import type { Seen } from './security-groups';
import type { Subnet } from './subnets';
import { all, passes, refused, unknown, type Verdict } from './verdict';
import { wayIn, wayOut } from './way-out';

/** Who opens a connection: a party of the network, anybody in one of its VPCs, anybody at all, or whoever the rules of the other end name. */
export type From = Party | 'internet' | 'agents' | { readonly kind: 'VPC'; readonly id: string };

/** Whom to: a party of the network, a service of AWS by the end of its endpoint's name, or the internet. */
export type To = Tasks | Listener | { readonly kind: 'service'; readonly service: string } | 'internet';

/** Where a service of AWS and the internet are spoken to. */
export const HTTPS = 443;

/**
 * Whether a connection comes about by what the templates say: security groups, subnets with their routes and network ACLs, endpoints, and
 * listeners. Whatever stands in several subnets must get there from each to each.
 */
export function canConnect(network: Network, from: From, to: To, port: number, protocol = 'tcp'): Verdict {
  const connection = { port, protocol };
  if (to === 'internet' || to.kind === 'service') return outwards(network, from, to, connection);
  if (to.kind === 'listener' && to.port !== port) return refused(`${nameOf(to)} listens on ${to.port}, and not on ${port}`);
  if (from === 'agents') return agentsIn(network, to, connection);
  if (from === 'internet') return fromInternet(network, to, connection);
  if (from.kind === 'VPC')
    return inwards(network, { range: network.vpcs.get(from.id), groups: [] }, `anybody in ${from.id}`, to, connection);
  if (from.kind === 'function' && from.place === undefined) return fromInternet(network, to, connection);
  return within(network, from.name, from.place as Place, to, connection);
}

/** Within a VPC every route leads. */
function within(network: Network, name: string, place: Place, to: Tasks | Listener, connection: Connection): Verdict {
  const verdicts = pairs(network, place, to.place).map(([from, target]) => {
    if (from.isStated && target.isStated && from.vpc !== target.vpc)
      return refused(`${from.path} and ${target.path} are in two VPCs, ${from.vpc} and ${target.vpc}`);
    const [source, other] = [seen(place, from), seen(to.place, target)];
    return all([
      throughGroups(network, 'egress', place, other, connection, nameOf(to)),
      throughGroups(network, 'ingress', to.place, source, connection, name),
      from.isStated && target.isStated ? throughAcls(from, target, connection) : unknown(`the subnets ${from.path}, ${target.path}`),
    ]);
  });
  return all(verdicts);
}

function inwards(network: Network, source: Seen, name: string, to: Tasks | Listener, connection: Connection): Verdict {
  return throughGroups(network, 'ingress', to.place, source, connection, name);
}

function fromInternet(network: Network, to: Tasks | Listener, connection: Connection): Verdict {
  const isAddressed = to.kind === 'listener' ? to.isPublic : to.hasPublicAddress;
  if (!isAddressed) return refused(`${nameOf(to)} has no public address`);
  const anybody = { groups: [], range: '0.0.0.0/0' };
  const led = subnetsOf(network, to.place).map((subnet) => all([wayIn(network, subnet), throughAcls(undefined, subnet, connection)]));
  return all([...led, inwards(network, anybody, 'the internet', to, connection)]);
}

/** Agents are whoever the rules name beside the fleet's own: at a public door with a way from the internet. */
function agentsIn(network: Network, to: Tasks | Listener, connection: Connection): Verdict {
  const own = new Set(network.parties.filter(({ kind }) => kind !== 'VPC link').flatMap(({ place }) => place?.groups ?? []));
  const rules = to.place.groups.flatMap((id) => network.group(id).ingress);
  const clients = rules.flatMap(({ peer }): Seen[] => {
    if (peer.kind === 'group') return own.has(peer.group) ? [] : [{ groups: [peer.group], range: undefined }];
    return [{ groups: [], range: peer.kind === 'range' ? peer.range : undefined }];
  });
  const tried = clients.map((client) => inwards(network, client, 'agents', to, connection));
  const doors = to.kind === 'listener' && to.isPublic ? subnetsOf(network, to.place).map((subnet) => wayIn(network, subnet)) : [];
  const entered = tried.find(({ open }) => open) ?? inwards(network, { groups: [], range: undefined }, 'agents', to, connection);
  return all([entered, ...doors]);
}

function outwards(network: Network, from: From, to: Exclude<To, Party>, connection: Connection): Verdict {
  if (typeof from === 'string') return passes('');
  if (from.kind === 'VPC') return unknown(`where in ${from.id} it begins`);
  if (from.place === undefined) return passes('a function outside of a VPC reaches what the internet does');
  const { place, name } = from;
  const isPublic = from.kind === 'tasks' ? from.hasPublicAddress : from.kind === 'listener' && from.isPublic;
  return all(subnetsOf(network, place).map((subnet) => outOf(network, { name, place, isPublic }, subnet, to, connection)));
}

interface Source {
  readonly name: string;
  readonly place: Place;
  readonly isPublic: boolean;
}

/** By the interface endpoint that takes the service's name, else by a gateway endpoint of the route table, else by the way out. */
function outOf(network: Network, source: Source, subnet: Subnet, to: Exclude<To, Party>, connection: Connection): Verdict {
  const service = to === 'internet' ? undefined : to.service;
  const text = service ?? 'the internet';
  const here = network.endpoints.filter((endpoint) => endpoint.service === service && endpoint.vpc === subnet.vpc);
  const entry = here.find(({ kind, takesName }) => kind === 'Interface' && takesName);
  const out = (other: Seen): Verdict => throughGroups(network, 'egress', source.place, other, connection, text);
  if (entry) {
    const endpoint = { subnets: [], groups: entry.groups };
    return all([
      out({ groups: entry.groups, range: network.vpcs.get(entry.vpc) }),
      throughGroups(network, 'ingress', endpoint, seen(source.place, subnet), connection, source.name),
      passes(`the interface endpoint ${entry.path}`, [entry.id]),
    ]);
  }
  const gateway = here.find(({ kind, tables }) => kind === 'Gateway' && subnet.table !== undefined && tables.includes(subnet.table));
  const way = gateway ? passes(`the gateway endpoint ${gateway.path}`, [gateway.id]) : wayOut(network, subnet, source.isPublic);
  return all([out({ groups: [], range: '0.0.0.0/0' }), throughAcls(subnet, undefined, connection), way]);
}

function pairs(network: Network, from: Place, to: Place): readonly (readonly [Subnet, Subnet])[] {
  return subnetsOf(network, from).flatMap((one) => subnetsOf(network, to).map((other) => [one, other] as const));
}

function subnetsOf(network: Network, { subnets }: Place): readonly Subnet[] {
  return subnets.map((id) => network.subnet(id));
}

function seen({ groups }: Place, { range }: Subnet): Seen {
  return { groups, range };
}

function nameOf(to: Tasks | Listener): string {
  return to.kind === 'listener' ? `the listener ${to.name}` : `the tasks of ${to.name}`;
}
