// biome-ignore-all lint/suspicious/noTemplateCurlyInString: placeholders of Fn::Sub
import { describe, expect, test } from '@jest/globals';
import { forbiddenLinks, judge, neededLinks } from '../../../local/network/fleet-links';
import { FLEET, fleetWith, fromGroup, group, ingress, NOWHERE, subnet, verdict, withProperties } from './fixture';

const isOpen = (changes: Parameters<typeof fleetWith>[0], from: string, to: string, port: number) =>
  verdict(fleetWith(changes), from, to, port).open;

describe('security groups', () => {
  test.each([
    ['agents', 'edge', 443],
    ['vpc', 'Edge', 443],
    ['Edge', 'gateway', 8080],
    ['gateway', 'Servers', 8443],
    ['Servers', 'notes', 8080],
    ['gateway', 'dynamodb', 443],
    ['notes', 'dynamodb', 443],
  ])('%s → %s:%d is open', (from, to, port) => {
    expect(verdict(fleetWith(), from, to === 'edge' ? 'Edge' : to, port)).toMatchObject({ open: true, unknown: [] });
  });

  test.each([
    ['agents', 'Servers', 8443],
    ['vpc', 'Servers', 8443],
    ['vpc', 'notes', 8080],
    ['internet', 'Edge', 443],
    ['notes', 'Servers', 8443],
    ['notes', 'gateway', 8080],
    ['notes', 'notes', 8080],
    ['gateway', 'notes', 8080],
    ['Servers', 'notes', 3000],
    ['Servers', 'internet', 443],
    ['gateway', 'Servers', 9000],
  ])('%s → %s:%d is refused', (from, to, port) => {
    expect(verdict(fleetWith(), from, to, port).open).toBe(false);
  });

  test.each([
    ['the rule of the tasks', { NotesIn: undefined }],
    ['the rule out of the balancer', { BalancerToNotes: undefined }],
    ['the rule with another port', { NotesIn: ingress('notesGroup', fromGroup('BalancerGroup'), 8081) }],
    ['the rule for another group', { NotesIn: ingress('notesGroup', fromGroup('gatewayGroup'), 8080) }],
    ['a range that the subnet is not in', { NotesIn: ingress('notesGroup', { CidrIp: '10.0.2.0/24' }, 8080) }],
    ['another protocol', { NotesIn: ingress('notesGroup', { ...fromGroup('BalancerGroup'), IpProtocol: 'udp' }, 8080) }],
  ])('without %s the balancer does not reach the tasks', (_, changes) => {
    expect(isOpen(changes, 'Servers', 'notes', 8080)).toBe(false);
  });

  test.each([
    ['the range of the subnet', ingress('notesGroup', { CidrIp: '10.0.1.0/24' }, 8080)],
    ['the range of the VPC', ingress('notesGroup', { CidrIp: { 'Fn::GetAtt': ['Vpc', 'CidrBlock'] } }, 8080)],
    [
      'every protocol',
      ingress('notesGroup', { ...fromGroup('BalancerGroup'), IpProtocol: '-1', FromPort: undefined, ToPort: undefined }, 0),
    ],
    ['the number of the protocol', ingress('notesGroup', { ...fromGroup('BalancerGroup'), IpProtocol: '6' }, 8080)],
    ['a range of ports', ingress('notesGroup', { ...fromGroup('BalancerGroup'), FromPort: 8000, ToPort: 9000 }, 8080)],
  ])('a rule for %s lets the balancer in', (_, NotesIn) => {
    expect(verdict(fleetWith({ NotesIn }), 'Servers', 'notes', 8080)).toMatchObject({ open: true, unknown: [] });
  });

  test('a group without any egress lets everything out, and any egress at all takes that away', () => {
    const closed = withProperties('gatewayGroup', { SecurityGroupEgress: [NOWHERE] });
    const apart = { Out: { Type: 'AWS::EC2::SecurityGroupEgress', Properties: { GroupId: group('gatewayGroup'), ...NOWHERE } } };
    expect([{}, closed, apart].map((changes) => isOpen(changes, 'gateway', 'Servers', 8443))).toEqual([true, false, false]);
  });

  test('says which rule lets a connection pass, and which would have to', () => {
    expect(verdict(fleetWith(), 'gateway', 'Servers', 8443).why).toBe(
      'egress of Shop/gatewayGroup (everything to anywhere); ingress of Shop/BalancerGroup (tcp 8443 from Shop/gatewayGroup)',
    );
    expect(verdict(fleetWith({ ServersIn: undefined }), 'gateway', 'Servers', 8443).why).toBe(
      'no ingress rule of Shop/BalancerGroup lets tcp 8443 from gateway; add one for the group Shop/gatewayGroup or the range 10.0.1.0/24',
    );
  });
});

describe('ways out', () => {
  const ENDPOINT = { ServiceName: { 'Fn::Sub': 'com.amazonaws.${AWS::Region}.dynamodb' }, VpcId: { Ref: 'Vpc' } };
  const gateway = { Type: 'AWS::EC2::VPCEndpoint', Properties: { ...ENDPOINT, RouteTableIds: [{ Ref: 'PrivateTable' }] } };
  const entry = (properties: object = {}) => ({
    Type: 'AWS::EC2::VPCEndpoint',
    Properties: { ...ENDPOINT, VpcEndpointType: 'Interface', SecurityGroupIds: [group('EntryGroup')], ...properties },
  });
  const EntryGroup = (rule: object) => ({
    Type: 'AWS::EC2::SecurityGroup',
    Properties: { VpcId: { Ref: 'Vpc' }, SecurityGroupIngress: [{ IpProtocol: 'tcp', FromPort: 443, ToPort: 443, ...rule }] },
  });

  test.each([
    ['the route to the NAT gateway', { PrivateRoute: undefined }],
    ['the route of the NAT gateway', { PublicRoute: undefined }],
    ['the internet gateway', { Attachment: undefined }],
    ['a public address at an internet gateway', subnet('Private', '10.0.1.0/24', { GatewayId: { Ref: 'Gate' } })],
    ['a route table of its own', { PrivateAssociation: undefined }],
  ])('without %s nothing gets out', (_, changes) => {
    expect(isOpen(changes, 'gateway', 'dynamodb', 443)).toBe(false);
    expect(isOpen(changes, 'gateway', 'internet', 443)).toBe(false);
  });

  test('a gateway endpoint takes no NAT gateway, for its own service alone and from its route tables', () => {
    const isolated = { ...subnet('Private', '10.0.1.0/24'), PrivateRoute: undefined };
    const elsewhere = { ...gateway, Properties: { ...gateway.Properties, RouteTableIds: [{ Ref: 'PublicTable' }] } };
    expect(isOpen({ ...isolated, gateway_: gateway }, 'gateway', 'dynamodb', 443)).toBe(true);
    expect(isOpen({ ...isolated, gateway_: gateway }, 'gateway', 'secretsmanager', 443)).toBe(false);
    expect(isOpen({ ...isolated, gateway_: elsewhere }, 'gateway', 'dynamodb', 443)).toBe(false);
  });

  test('an interface endpoint that takes the name of the service keeps out who may not enter it, even where there is a NAT gateway', () => {
    const letsIn = EntryGroup({ CidrIp: '10.0.0.0/16' });
    const keepsOut = EntryGroup(fromGroup('BalancerGroup'));
    expect(isOpen({ Entry: entry(), EntryGroup: letsIn }, 'gateway', 'dynamodb', 443)).toBe(true);
    expect(isOpen({ Entry: entry(), EntryGroup: keepsOut }, 'gateway', 'dynamodb', 443)).toBe(false);
    expect(isOpen({ Entry: entry({ PrivateDnsEnabled: false }), EntryGroup: keepsOut }, 'gateway', 'dynamodb', 443)).toBe(true);
  });

  test('a public load balancer is reached from the internet where its subnets lead there and its group lets anybody in', () => {
    const isPublic = withProperties('Balancer', { Scheme: 'internet-facing', Subnets: [{ Ref: 'Public' }] });
    const letsIn = { AnybodyIn: ingress('BalancerGroup', { CidrIp: '0.0.0.0/0' }, 443) };
    const inPrivate = withProperties('Balancer', { Scheme: 'internet-facing' });
    const tried = [isPublic, { ...isPublic, ...letsIn }, { ...inPrivate, ...letsIn }, letsIn];
    expect(tried.map((changes) => isOpen(changes, 'internet', 'Edge', 443))).toEqual([false, true, false, false]);
  });
});

describe('network ACLs', () => {
  const PublicBalancer = withProperties('Balancer', { Subnets: [{ Ref: 'Public' }] });
  const entry = (RuleNumber: number, Egress: boolean, more: object = {}) => ({
    Type: 'AWS::EC2::NetworkAclEntry',
    Properties: { NetworkAclId: { Ref: 'Acl' }, RuleNumber, Egress, RuleAction: 'allow', Protocol: -1, CidrBlock: '0.0.0.0/0', ...more },
  });
  const acl = (entries: Parameters<typeof fleetWith>[0]) => ({
    ...PublicBalancer,
    Acl: { Type: 'AWS::EC2::NetworkAcl', Properties: { VpcId: { Ref: 'Vpc' } } },
    AclAssociation: {
      Type: 'AWS::EC2::SubnetNetworkAclAssociation',
      Properties: { SubnetId: { Ref: 'Private' }, NetworkAclId: { Ref: 'Acl' } },
    },
    ...entries,
  });
  const ports = (From: number, To: number) => ({ Protocol: 6, PortRange: { From, To } });

  test.each([
    ['both ways', { In: entry(1, false), Out: entry(1, true) }, true],
    ['only in: answers need a way, too', { In: entry(1, false) }, false],
    ['nothing', {}, false],
    ['just the port, and the ports of answers', { In: entry(1, false, ports(8080, 8080)), Out: entry(1, true, ports(1024, 65_535)) }, true],
    ['a denial before', { No: entry(1, false, { RuleAction: 'deny' }), In: entry(2, false), Out: entry(1, true) }, false],
    ['a denial behind', { In: entry(1, false), No: entry(2, false, { RuleAction: 'deny' }), Out: entry(1, true) }, true],
    ['another range', { In: entry(1, false, { CidrBlock: '10.0.9.0/24' }), Out: entry(1, true) }, false],
  ])('that let pass %s', (_, entries, open) => {
    expect(isOpen(acl(entries), 'Servers', 'notes', 8080)).toBe(open);
  });
});

describe('what no template tells is taken as open, and told', () => {
  test.each([
    [
      'an imported group',
      {
        ...withProperties('notes', {
          NetworkConfiguration: { AwsvpcConfiguration: { Subnets: [{ Ref: 'Private' }], SecurityGroups: ['sg-1'] } },
        }),
        BalancerToNotes: {
          Type: 'AWS::EC2::SecurityGroupEgress',
          Properties: { GroupId: group('BalancerGroup'), DestinationSecurityGroupId: 'sg-1', IpProtocol: '-1' },
        },
      },
    ],
    [
      'imported subnets',
      withProperties('gateway', {
        NetworkConfiguration: { AwsvpcConfiguration: { Subnets: ['subnet-1'], SecurityGroups: [group('gatewayGroup')] } },
      }),
    ],
    ['a parameter', { NotesIn: ingress('notesGroup', { CidrIp: { Ref: 'Office' } }, 8080) }],
    ['a list of prefixes', { NotesIn: ingress('notesGroup', { SourcePrefixListId: 'pl-1' }, 8080) }],
    ['no network at all', withProperties('gateway', { NetworkConfiguration: undefined })],
  ])('%s', (_, changes) => {
    const network = fleetWith(changes, { Office: { Type: 'String' } });
    const both = [verdict(network, 'Servers', 'notes', 8080), verdict(network, 'gateway', 'Servers', 8443)];
    expect(both.map(({ open }) => open)).toEqual([true, true]);
    expect(both.flatMap(({ unknown }) => unknown)).not.toEqual([]);
  });

  test('the rules that a template adds to an imported group count', () => {
    const imported = withProperties('gateway', {
      NetworkConfiguration: { AwsvpcConfiguration: { Subnets: [{ Ref: 'Private' }], SecurityGroups: ['sg-1'] } },
    });
    const ServersIn = ingress('BalancerGroup', { SourceSecurityGroupId: 'sg-1' }, 8443);
    expect(verdict(fleetWith({ ...imported, ServersIn }), 'gateway', 'Servers', 8443).why).toContain(
      'ingress of Shop/BalancerGroup (tcp 8443 from sg-1)',
    );
    expect(verdict(fleetWith(imported), 'gateway', 'Servers', 8443).open).toBe(false);
  });
});

test('nothing of a template makes it throw', () => {
  for (const id of Object.keys(FLEET)) {
    for (const broken of [undefined, { Type: FLEET[id]?.Type ?? '' }, { Type: FLEET[id]?.Type ?? '', Properties: { Ref: 7 } }]) {
      const network = fleetWith({ [id]: broken });
      expect(() =>
        [...neededLinks(network), ...forbiddenLinks(network), ...neededLinks(fleetWith())].map((link) => judge(network, link)),
      ).not.toThrow();
    }
  }
});

test('a target that no rule leads to is not reached by its listener, however open the way is', () => {
  const lead = neededLinks(fleetWith()).find(({ name }) => name === 'Shop/Servers → notes:8080');
  expect([{}, { NotesRule: undefined }].map((changes) => lead && judge(fleetWith(changes), lead).open)).toEqual([true, false]);
});
