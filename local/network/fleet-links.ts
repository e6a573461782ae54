import { canConnect, type From, HTTPS, type To } from './connection';
import type { Network } from './network';
import type { Listener, Party, Tasks } from './parties';
import { refused, type Verdict } from './verdict';

/** A connection by its ends. They go by ids, so that one can be looked for in another version of the network. */
export interface Link {
  /** Such as `gateway → servers:8443`. */
  readonly name: string;
  /** Id of a party, or of a VPC; `agents`, `internet`. */
  readonly from: string;
  /** Id of a party, or the name of a service of AWS; `internet`. */
  readonly to: string;
  readonly port: number;
  /** Whether it must not leave the VPC on its way to a service of AWS. */
  readonly privately?: true;
  /** Whether it is there because a rule of the listener leads to the tasks. */
  readonly led?: true;
}

/** The connections that fleets and what they serve cannot do without. */
export function neededLinks(network: Network): readonly Link[] {
  const { parties } = network;
  const all = tasksIn(network);
  const entered = parties.filter((party): party is Listener => party.kind === 'listener' && leadsTo(party, all, 'gateway'));
  const links = parties.filter(({ kind }) => kind === 'VPC link');
  return distinct([
    ...entered.map((edge) => link('agents', edge, edge.port)),
    ...links.flatMap((each) => entered.map((edge) => link(each, edge, edge.port))),
    ...parties.flatMap((party) => (party.kind === 'listener' ? leadsOf(party, all) : [])),
    ...all.flatMap((tasks) => listenersNamedBy(tasks, network).map((listener) => link(tasks, listener, listener.port))),
    ...all.filter(({ role }) => role === 'gateway').map((gateway) => link(gateway, 'internet', HTTPS)),
    ...parties.flatMap((party) => askedBy(party).map((service) => link(party, service, HTTPS))),
    ...all.flatMap((tasks) => privateLinks(tasks, network)),
  ]);
}

/** The connections that nothing may open: past gateways, or from what only answers. */
export function forbiddenLinks(network: Network): readonly Link[] {
  const all = tasksIn(network);
  const edges = network.parties.filter((party): party is Listener => party.kind === 'listener' && leadsTo(party, all, 'gateway'));
  const inner = network.parties.filter((party): party is Listener => party.kind === 'listener' && leadsTo(party, all, 'server'));
  const own = all.filter(({ role }) => role !== 'other');
  const links = network.parties.filter(({ kind }) => kind === 'VPC link');
  const functions = network.parties.filter((party) => party.kind === 'function' && party.place !== undefined);
  const outsiders = [...[...network.vpcs.keys()].map((id) => vpc(id)), 'agents' as const, 'internet' as const];
  const reached = (from: From): readonly Link[] => own.flatMap((tasks) => tasks.ports.map((port) => link(from, tasks, port)));
  const balanced = inner.map((listener) => [listener, listener.port] as const);
  return distinct([
    ...[...own, ...links, ...functions, ...outsiders].flatMap(reached),
    ...[...own.filter(({ role }) => role === 'server'), ...links, ...functions, ...outsiders].flatMap((from) =>
      balanced.map(([listener, port]) => link(from, listener, port)),
    ),
    ...links.map((each) => link(each, 'internet', HTTPS)),
    ...edges.flatMap((edge) => (edge.isPublic ? [] : [link('internet', edge, edge.port)])),
    ...[...edges, ...inner].flatMap((balancer) => [
      link(balancer, 'internet', HTTPS),
      ...reached(balancer).filter((tried) => !isLed(tried, balancer.balancer, network)),
    ]),
  ]);
}

/** Whether a link is there in a network; what is not in it at all reaches nothing. */
export function judge(network: Network, { from, to, port, privately, led }: Link): Verdict {
  const [source, target] = [fromOf(network, from), toOf(network, to)];
  if (source === undefined) return refused(`there is no ${from}`);
  if (target === undefined) return refused(`there is no ${to}`);
  if (led && !leadsThere(source, to, port)) return refused(`no rule of ${from} leads to ${to} on ${port}`);
  const verdict = canConnect(network, source, target, port);
  const ids = new Set(network.endpoints.map(({ id }) => id));
  if (!privately || !verdict.open || verdict.by.some((id) => ids.has(id))) return verdict;
  return refused(`it goes by ${verdict.why}, and not by an endpoint of the VPC`);
}

function leadsThere(source: From, tasks: string, to: number): boolean {
  if (typeof source === 'string' || source.kind !== 'listener') return false;
  return source.leadsTo.some((lead) => lead.tasks === tasks && (lead.port === to || lead.healthPort === to));
}

/** Each party by its name, and services of AWS by theirs. */
function link(from: From, to: Party | string, port: number): Link {
  const [source, target] = [idOf(from), typeof to === 'string' ? to : to.id];
  return { name: `${nameOf(from)} → ${typeof to === 'string' ? to : to.name}:${port}`, from: source, to: target, port };
}

function leadsOf(listener: Listener, all: readonly Tasks[]): readonly Link[] {
  return listener.leadsTo.flatMap(({ tasks, port, healthPort }) => {
    const target = all.find(({ id }) => id === tasks);
    const lead = (to: number): Link => ({ ...link(listener, target as Tasks, to), led: true });
    return target === undefined ? [] : [lead(port), lead(healthPort)];
  });
}

/** The listeners whose address, with its port, its containers are told. */
function listenersNamedBy(tasks: Tasks, { parties }: Network): readonly Listener[] {
  return parties.filter(
    (party): party is Listener => party.kind === 'listener' && tasks.told.includes(`${party.balancer}.DNSName:${party.port}`),
  );
}

function askedBy(party: Party): readonly string[] {
  return party.kind === 'tasks' || (party.kind === 'function' && party.place !== undefined) ? party.asks : [];
}

function privateLinks(tasks: Tasks, network: Network): readonly Link[] {
  const vpcs = tasks.place.subnets.map((id) => network.subnet(id).vpc);
  return network.endpoints
    .filter(({ service, vpc: place }) => tasks.asks.includes(service) && vpcs.includes(place))
    .map(({ service }) => {
      const open = link(tasks, service, HTTPS);
      return { ...open, name: `${open.name}, within the VPC`, privately: true };
    });
}

function isLed({ to, port }: Link, balancer: string, { parties }: Network): boolean {
  return parties.some(
    (party) =>
      party.kind === 'listener' &&
      party.balancer === balancer &&
      party.leadsTo.some((lead) => lead.tasks === to && (lead.port === port || lead.healthPort === port)),
  );
}

function leadsTo({ leadsTo: leads }: Listener, all: readonly Tasks[], role: Tasks['role']): boolean {
  return leads.some(({ tasks }) => all.find(({ id }) => id === tasks)?.role === role);
}

function tasksIn({ parties }: Network): readonly Tasks[] {
  return parties.filter((party): party is Tasks => party.kind === 'tasks');
}

function vpc(id: string): From {
  return { kind: 'VPC', id };
}

function idOf(from: From): string {
  return typeof from === 'string' ? from : from.id;
}

function nameOf(from: From): string {
  if (typeof from === 'string') return from;
  return from.kind === 'VPC' ? `anybody in ${from.id}` : from.name;
}

function fromOf({ parties, vpcs }: Network, id: string): From | undefined {
  if (id === 'agents' || id === 'internet') return id;
  return vpcs.has(id) ? vpc(id) : parties.find((party) => party.id === id);
}

function toOf({ parties }: Network, id: string): To | undefined {
  if (id === 'internet') return id;
  const party = parties.find((one) => one.id === id);
  if (party === undefined) return id.includes('/') ? undefined : { kind: 'service', service: id };
  return party.kind === 'tasks' || party.kind === 'listener' ? party : undefined;
}

function distinct(links: readonly Link[]): readonly Link[] {
  return [...new Map(links.map((each) => [`${each.name}`, each])).values()];
}
