import { coversAddress } from '../../core/address-ranges';
import type { Network } from './network';
import type { Place } from './parties';
import { type Direction, isAbout, isFor, peerText, type Rule, type Seen } from './security-groups';
import type { AclEntry, Subnet } from './subnets';
import { all, passes, refused, unknown, type Verdict } from './verdict';

/** What a connection is to, or from. */
export interface Connection {
  readonly port: number;
  readonly protocol: string;
}

/** Ports of the side that opens a connection ("Network ACLs: ephemeral ports"); answers come to these. */
const EPHEMERAL = 1024;

/** Whether the security groups of a place let a connection out to the other end, or in from it: one rule of any of them does. */
export function throughGroups(
  network: Network,
  direction: Direction,
  place: Place,
  other: Seen,
  to: Connection,
  otherText: string,
): Verdict {
  const groups = place.groups.map((id) => network.group(id));
  const candidates = groups.flatMap((group) => group[direction].map((rule) => ({ group, rule, fits: fits(rule, other, to) })));
  const found = candidates.find((candidate) => candidate.fits === true);
  const pathOf = (id: string): string => network.group(id).path;
  if (found) return passes(`${direction} of ${found.group.path} ${ruleText(found.rule, direction, pathOf)}`, [found.rule.id]);
  const imported = groups.filter(({ isStated }) => !isStated);
  if (imported.length > 0) return unknown(`the ${direction} of ${imported.map(({ path }) => path).join(', ')}, which no template makes`);
  const unsure = candidates.find((candidate) => candidate.fits === 'unknown');
  if (unsure) return unknown(`the ${direction} of ${unsure.group.path} ${ruleText(unsure.rule, direction, pathOf)}`);
  const names = groups.map(({ path }) => path).join(', ') || 'it, for it has no security group';
  const towards = direction === 'ingress' ? 'from' : 'to';
  return refused(
    `no ${direction} rule of ${names} lets ${to.protocol} ${to.port} ${towards} ${otherText}; add one for ${peersOf(other, pathOf)}`,
  );
}

/** Whether the network ACLs of two subnets let a connection pass, and its answers; within one subnet they are not asked. */
export function throughAcls(from: Subnet | undefined, to: Subnet | undefined, connection: Connection): Verdict {
  if (from !== undefined && from.id === to?.id) return passes('');
  const { protocol, port } = connection;
  const answers = { protocol, port: EPHEMERAL };
  return all([
    throughAcl(from, true, to?.range, connection),
    throughAcl(to, false, from?.range, { protocol, port }),
    throughAcl(to, true, from?.range, answers),
    throughAcl(from, false, to?.range, answers),
  ]);
}

function throughAcl(subnet: Subnet | undefined, egress: boolean, other: string | undefined, { port, protocol }: Connection): Verdict {
  if (subnet?.acl === undefined) return passes('');
  const decides = subnet.acl.find((entry) => entry.egress === egress && isAboutPort(entry, port, protocol) && covers(entry.range, other));
  if (decides?.allows) return passes('', [decides.id]);
  const direction = egress ? 'outbound' : 'inbound';
  const what = decides === undefined ? `has no ${direction} entry` : `denies by ${decides.id}, its first ${direction} entry,`;
  return refused(`the network ACL of ${subnet.path} ${what} for ${protocol} ${port}${port === EPHEMERAL ? ', the port of an answer' : ''}`);
}

function isAboutPort({ ports, protocol }: AclEntry, port: number, wanted: string): boolean {
  return protocol === '-1' || ((protocol === wanted || protocol === '6') && ports[0] <= port && port <= ports[1]);
}

/** Where the other end is not told, an entry for everybody decides. */
function covers(range: string, other: string | undefined): boolean {
  return range === '0.0.0.0/0' || (other !== undefined && coversAddress(range, other));
}

function fits(rule: Rule, other: Seen, { port, protocol }: Connection): boolean | 'unknown' {
  const [about, wanted] = [isAbout(rule, other), isFor(rule, port, protocol)];
  if (about === false || wanted === false) return false;
  return about === 'unknown' || wanted === 'unknown' ? 'unknown' : true;
}

function ruleText({ protocol, ports, peer }: Rule, direction: Direction, pathOf: (group: string) => string): string {
  const which = protocol === '-1' ? 'everything' : `${protocol} ${ports === undefined ? '?' : [...new Set(ports)].join('-')}`;
  return `(${which} ${direction === 'ingress' ? 'from' : 'to'} ${peerText(peer, pathOf)})`;
}

function peersOf({ groups, range }: Seen, pathOf: (group: string) => string): string {
  const named = groups.map((group) => `the group ${pathOf(group)}`);
  return [...named, ...(range === undefined ? [] : [`the range ${range}`])].join(' or ') || 'it';
}
