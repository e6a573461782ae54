import { coversAddress } from '../../core/address-ranges';
import { membersIn, type Stated, type StatedResources, UNKNOWN, UNTOLD } from './stated';

export type Direction = 'ingress' | 'egress';

/** Whom a rule lets in, or out to. */
export type Peer =
  | { readonly kind: 'group'; readonly group: string }
  | { readonly kind: 'range'; readonly range: string }
  | { readonly kind: 'prefix list'; readonly list: string }
  | { readonly kind: 'unknown' };

/** One rule of a security group. */
export interface Rule {
  /** `Stack/LogicalId` of a rule that is a resource of its own, else `Stack/LogicalId ingress 0` with its place in the group. */
  readonly id: string;
  /** As `IpProtocol`; `-1` is every one. */
  readonly protocol: string;
  /** First and last port; undefined where they are not told. */
  readonly ports: readonly [first: number, last: number] | undefined;
  readonly peer: Peer;
}

export interface SecurityGroup {
  readonly id: string;
  /** For people. */
  readonly path: string;
  /** Whether the templates make it: of an imported one only the rules are known that they add to it. */
  readonly isStated: boolean;
  readonly ingress: readonly Rule[];
  readonly egress: readonly Rule[];
}

/** The other end of a connection, as rules see it. */
export interface Seen {
  readonly groups: readonly string[];
  /** Its address range; undefined where it is not told. */
  readonly range: string | undefined;
}

/** What EC2 gives to a group that states no egress; any rule of its own replaces it (AWS::EC2::SecurityGroup). */
const EVERYTHING: Omit<Rule, 'id'> = { protocol: '-1', ports: [0, 65_535], peer: { kind: 'range', range: '0.0.0.0/0' } };

export function securityGroupsOf(stated: StatedResources): ReadonlyMap<string, SecurityGroup> {
  const apart = { ingress: rulesApart(stated, 'ingress'), egress: rulesApart(stated, 'egress') };
  const made = stated.ofType('AWS::EC2::SecurityGroup').map((group): SecurityGroup => {
    const rules = (direction: Direction): readonly Rule[] => [...rulesIn(group, direction), ...(apart[direction].get(group.id) ?? [])];
    const egress = rules('egress');
    const path = group.path;
    return { id: group.id, path, isStated: true, ingress: rules('ingress'), egress: egress.length > 0 ? egress : defaultEgress(group.id) };
  });
  const known = new Set(made.map(({ id }) => id));
  const others = [...apart.ingress.keys(), ...apart.egress.keys()].filter((id) => !known.has(id));
  const imported = [...new Set(others)].map((id) => importedGroup(id, apart.ingress.get(id), apart.egress.get(id)));
  return new Map([...made, ...imported].map((group) => [group.id, group]));
}

/** A group of which no template says anything, or only a part. The default group of a VPC lets in its own members. */
export function importedGroup(id: string, ingress: readonly Rule[] = [], egress: readonly Rule[] = []): SecurityGroup {
  const isDefault = id.endsWith('.DefaultSecurityGroup');
  if (!isDefault) return { id, path: id, isStated: false, ingress, egress };
  const own: Rule = { ...EVERYTHING, id: `${id} ingress`, peer: { kind: 'group', group: id } };
  return { id, path: id, isStated: true, ingress: [own, ...ingress], egress: egress.length > 0 ? egress : defaultEgress(id) };
}

function defaultEgress(group: string): readonly Rule[] {
  return [{ id: `${group} default egress`, ...EVERYTHING }];
}

function rulesIn(group: Stated, direction: Direction): readonly Rule[] {
  const property = direction === 'ingress' ? 'SecurityGroupIngress' : 'SecurityGroupEgress';
  return membersIn(group.property(property)).map((rule, i) => ruleOf(`${group.id} ${direction} ${i}`, (name) => rule[name], direction));
}

function rulesApart(stated: StatedResources, direction: Direction): ReadonlyMap<string, readonly Rule[]> {
  const rules = new Map<string, readonly Rule[]>();
  for (const rule of stated.ofType(direction === 'ingress' ? 'AWS::EC2::SecurityGroupIngress' : 'AWS::EC2::SecurityGroupEgress')) {
    const group = String(rule.property('GroupId'));
    rules.set(group, [...(rules.get(group) ?? []), ruleOf(rule.id, rule.property, direction)]);
  }
  return rules;
}

function ruleOf(id: string, member: (name: string) => unknown, direction: Direction): Rule {
  return {
    id,
    protocol: String(member('IpProtocol')),
    ports: portsOf(member('FromPort'), member('ToPort')),
    peer: peerOf(member, direction),
  };
}

/** Without ports, or with -1, a rule is for all of them. */
function portsOf(from: unknown, to: unknown): Rule['ports'] {
  if (from === UNKNOWN || to === UNKNOWN) return undefined;
  const [first, last] = [Number(from ?? -1), Number(to ?? -1)];
  if (Number.isNaN(first) || Number.isNaN(last)) return undefined;
  return first === -1 || last === -1 ? [0, 65_535] : [first, last];
}

function peerOf(member: (name: string) => unknown, direction: Direction): Peer {
  const [groupName, listName] =
    direction === 'ingress'
      ? (['SourceSecurityGroupId', 'SourcePrefixListId'] as const)
      : (['DestinationSecurityGroupId', 'DestinationPrefixListId'] as const);
  const [group, list, range] = [member(groupName), member(listName), member('CidrIp') ?? member('CidrIpv6')];
  if (typeof group === 'string') return { kind: 'group', group };
  if (typeof list === 'string') return { kind: 'prefix list', list };
  return typeof range === 'string' ? { kind: 'range', range } : { kind: 'unknown' };
}

/** Whether a rule is for a port. */
export function isFor({ protocol, ports }: Rule, port: number, wanted: string): boolean | 'unknown' {
  if (protocol !== '-1' && protocol !== wanted && protocol !== PROTOCOL_NUMBERS[wanted]) return false;
  if (protocol === '-1') return true;
  if (ports === undefined) return 'unknown';
  return ports[0] <= port && port <= ports[1];
}

const PROTOCOL_NUMBERS: Readonly<Record<string, string>> = { tcp: '6', udp: '17' };

/** Whether a rule is for the other end. What a list of prefixes or an address holds that is not told is unknown. */
export function isAbout({ peer }: Rule, { groups, range }: Seen): boolean | 'unknown' {
  switch (peer.kind) {
    case 'group':
      return groups.includes(peer.group) || (groups.includes(UNTOLD) ? 'unknown' : false);
    case 'range':
      if (peer.range === '0.0.0.0/0') return true;
      if (range === undefined || !/^[\d.]+\/\d+$/.test(peer.range)) return peer.range.includes(':') ? false : 'unknown';
      return coversAddress(peer.range, range);
    default:
      return 'unknown';
  }
}

/** Of what a rule lets pass, for people. */
export function peerText(peer: Peer, pathOf: (group: string) => string): string {
  switch (peer.kind) {
    case 'group':
      return pathOf(peer.group);
    case 'range':
      return peer.range === '0.0.0.0/0' ? 'anywhere' : peer.range;
    case 'prefix list':
      return `the prefix list ${peer.list}`;
    default:
      return 'what the template does not tell';
  }
}
