import { type Claim, type Collision, contestsIn, holderText, idsOf, type Side, type Update } from './update';

const GROUP = 'AWS::EC2::SecurityGroup';
const INGRESS = 'AWS::EC2::SecurityGroupIngress';
const EGRESS = 'AWS::EC2::SecurityGroupEgress';
/** What makes a rule the same for EC2: everything but its description. */
const PEERS = [
  'CidrIp',
  'CidrIpv6',
  'SourcePrefixListId',
  'SourceSecurityGroupId',
  'SourceSecurityGroupName',
  'DestinationPrefixListId',
  'DestinationSecurityGroupId',
];

/** The same rule twice in a group, until the old one is deleted. */
export function securityGroupRules(update: Update): Collision[] {
  return contestsIn(update, claims)
    .filter((contest) => !leavesInTime(contest.holder, update))
    .map((contest) => ({
      kind: 'securityGroupRule',
      logicalIds: idsOf(contest),
      what: `${contest.claimant} lets the same in or out of a security group as ${holderText(contest)}, which is still there.`,
      why: 'InvalidPermission.Duplicate: the specified rule already exists.',
      fix: 'Keep the logical id of the rule, or remove the old one in an update before.',
    }));
}

/** A rule that stands in its group's own properties goes when the group is updated, which is before anything that refers to it. */
function leavesInTime(holder: string, { before, changes }: Update): boolean {
  return before.template.Resources[holder]?.Type === GROUP && !changes.removed.has(holder);
}

function claims(side: Side): Claim[] {
  const inline = side
    .ofType(GROUP)
    .flatMap(({ logicalId, properties }) => [
      ...rulesIn(properties.SecurityGroupIngress).map((rule) => claim(side, 'in', { Ref: logicalId }, rule, logicalId)),
      ...rulesIn(properties.SecurityGroupEgress).map((rule) => claim(side, 'out', { Ref: logicalId }, rule, logicalId)),
    ]);
  const separate = side
    .ofType(INGRESS, EGRESS)
    .map(({ logicalId, type, properties }) => claim(side, type === INGRESS ? 'in' : 'out', properties.GroupId, properties, logicalId));
  return [...inline, ...separate];
}

type RuleProperties = Readonly<Record<string, unknown>>;

function claim(side: Side, way: 'in' | 'out', group: unknown, rule: RuleProperties, logicalId: string): Claim {
  const peer = PEERS.map((name) => rule[name] ?? null);
  return { key: side.text([way, idOf(group), rule.IpProtocol, rule.FromPort ?? null, rule.ToPort ?? null, peer]), logicalId };
}

/** A group in a VPC is named by `Ref` or by `GroupId`, which is the same. */
function idOf(group: unknown): unknown {
  const attribute = (group as { readonly 'Fn::GetAtt'?: readonly string[] } | null)?.['Fn::GetAtt'];
  return Array.isArray(attribute) && attribute[1] === 'GroupId' ? { Ref: attribute[0] } : group;
}

function rulesIn(rules: unknown): RuleProperties[] {
  return Array.isArray(rules) ? rules : [];
}
