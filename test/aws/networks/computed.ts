import { forbiddenLinks, judge, type Link, neededLinks } from '../../../local/network/fleet-links';
import { type Network, readNetwork } from '../../../local/network/network';
import type { NetworkApp } from './apps';
import { type Mutation, removals, widenings } from './mutations';

/** What a mutation has done to the fixed list of links. */
export interface Effect {
  readonly mutation: Mutation;
  readonly links: readonly string[];
  /** Whether the fleet made what was changed, or the company that brings its network. */
  readonly isOfFleet: boolean;
}

/** Links that are not as they should be: needed and refused, or forbidden and open. */
export function wrongLinks(stacks: NetworkApp['stacks']): readonly string[] {
  const network = readNetwork(stacks);
  return [...broken(neededLinks(network), network), ...opened(forbiddenLinks(network), network)];
}

export function countsOf(stacks: NetworkApp['stacks']): string {
  const network = readNetwork(stacks);
  return `${neededLinks(network).length} needed, ${forbiddenLinks(network).length} forbidden`;
}

/** What each removal breaks of the links that the whole fleet needs. */
export function effectsOfRemovals({ stacks }: NetworkApp): readonly Effect[] {
  const needed = neededLinks(readNetwork(stacks));
  return removals(stacks).map((mutation) => effect(mutation, broken(needed, readNetwork(mutation.stacks))));
}

/**
 * What each security group opens that is opened to the world. Not told: what is open already, and groups behind which nothing listens
 * that is not for everybody by declaration.
 */
export function effectsOfWidenings({ stacks }: NetworkApp): readonly Effect[] {
  const whole = readNetwork(stacks);
  const forbidden = forbiddenLinks(whole);
  const guarded = guardedGroups(whole);
  const inwards = widenings(stacks, 'ingress').filter((mutation) => guarded.has(idOf(mutation)));
  const outwards = widenings(stacks, 'egress').filter((mutation) => !letsAllOut(whole, idOf(mutation)));
  return [...inwards, ...outwards].map((mutation) => effect(mutation, opened(forbidden, readNetwork(mutation.stacks))));
}

function effect(mutation: Mutation, links: readonly string[]): Effect {
  return { mutation, links, isOfFleet: /^[^/]+\/Mcp\//.test(mutation.path) };
}

function broken(links: readonly Link[], network: Network): readonly string[] {
  return links.filter((link) => !judge(network, link).open).map(({ name }) => name);
}

function opened(links: readonly Link[], network: Network): readonly string[] {
  return links.filter((link) => judge(network, link).open).map(({ name }) => name);
}

function guardedGroups({ parties }: Network): ReadonlySet<string> {
  const guarded = parties.filter((party) => party.kind === 'tasks' || (party.kind === 'listener' && !party.isPublic));
  return new Set(guarded.flatMap(({ place }) => place?.groups ?? []));
}

function letsAllOut(network: Network, group: string): boolean {
  return network.group(group).egress.some(({ protocol, peer }) => protocol === '-1' && peer.kind === 'range' && peer.range === '0.0.0.0/0');
}

function idOf({ logicalId, stacks }: Mutation): string {
  return `${stacks.find(({ template }) => Object.hasOwn(template.Resources, logicalId))?.name}/${logicalId}`;
}
