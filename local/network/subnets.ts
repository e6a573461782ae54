import { membersIn, type Stated, type StatedResources, textsOf, UNTOLD } from './stated';

/** A subnet, and the ways out of it. */
export interface Subnet {
  readonly id: string;
  readonly path: string;
  /** Whether the templates make it: of an imported one nothing is known. */
  readonly isStated: boolean;
  readonly vpc: string;
  /** Undefined where it is not told. */
  readonly range: string | undefined;
  /** Of the subnet's route table, or, with none of its own, of the VPC's main one, which only leads within the VPC. */
  readonly table: string | undefined;
  readonly routes: readonly Route[];
  /** Entries of its network ACL in their order; undefined for the VPC's default one, which lets everything pass. */
  readonly acl: readonly AclEntry[] | undefined;
}

export interface Route {
  readonly id: string;
  readonly destination: string;
  readonly via: 'NAT gateway' | 'internet gateway' | 'something else';
  readonly target: string;
}

/** AWS::EC2::NetworkAclEntry: the first that fits decides, in each direction; answers need one of their own. */
export interface AclEntry {
  readonly id: string;
  readonly egress: boolean;
  readonly number: number;
  readonly allows: boolean;
  readonly protocol: string;
  readonly range: string;
  readonly ports: readonly [first: number, last: number];
}

export function subnetsOf(stated: StatedResources): ReadonlyMap<string, Subnet> {
  const tables = associations(stated, 'AWS::EC2::SubnetRouteTableAssociation', 'RouteTableId');
  const acls = associations(stated, 'AWS::EC2::SubnetNetworkAclAssociation', 'NetworkAclId');
  const routes = grouped(stated.ofType('AWS::EC2::Route'), 'RouteTableId', routeOf);
  const entries = grouped(stated.ofType('AWS::EC2::NetworkAclEntry'), 'NetworkAclId', entryOf);
  return new Map(
    stated.ofType('AWS::EC2::Subnet').map(({ id, path, property }) => {
      const [table, acl, range] = [tables.get(id), acls.get(id), property('CidrBlock')];
      const known = { id, path, isStated: true, vpc: String(property('VpcId')), range: typeof range === 'string' ? range : undefined };
      const inOrder = acl === undefined ? undefined : [...(entries.get(acl) ?? [])].sort((one, other) => one.number - other.number);
      return [id, { ...known, table, routes: table === undefined ? [] : (routes.get(table) ?? []), acl: inOrder }];
    }),
  );
}

export function importedSubnet(id: string): Subnet {
  return { id, path: id, isStated: false, vpc: UNTOLD, range: undefined, table: undefined, routes: [], acl: undefined };
}

/** VPCs to which an internet gateway is attached, with the attachment. */
export function attachmentsOf(stated: StatedResources): ReadonlyMap<string, string> {
  const attachments = stated.ofType('AWS::EC2::VPCGatewayAttachment').filter(({ property }) => property('InternetGatewayId') !== undefined);
  return new Map(attachments.map(({ id, property }) => [String(property('VpcId')), id]));
}

/** In which subnet each NAT gateway stands. */
export function natGatewaysOf(stated: StatedResources): ReadonlyMap<string, string> {
  return new Map(stated.ofType('AWS::EC2::NatGateway').map(({ id, property }) => [id, String(property('SubnetId'))]));
}

/** A way from a VPC to one service of AWS. */
export interface Endpoint {
  readonly id: string;
  readonly path: string;
  /** The end of its name, such as `dynamodb`. */
  readonly service: string;
  readonly kind: 'Gateway' | 'Interface';
  readonly vpc: string;
  /** Of a gateway endpoint. */
  readonly tables: readonly string[];
  /** Of an interface endpoint. */
  readonly groups: readonly string[];
  /** Whether the service's own name leads to it. */
  readonly takesName: boolean;
}

export function endpointsOf(stated: StatedResources): readonly Endpoint[] {
  return stated.ofType('AWS::EC2::VPCEndpoint').map(({ id, path, property }) => ({
    id,
    path,
    service: String(property('ServiceName')).replace(/^com\.amazonaws\.[^.]+\./, ''),
    kind: property('VpcEndpointType') === 'Interface' ? 'Interface' : 'Gateway',
    vpc: String(property('VpcId')),
    tables: textsOf(property('RouteTableIds')),
    groups: textsOf(property('SecurityGroupIds')),
    takesName: property('PrivateDnsEnabled') !== false,
  }));
}

function associations(stated: StatedResources, type: string, to: string): ReadonlyMap<string, string> {
  return new Map(stated.ofType(type).map(({ property }) => [String(property('SubnetId')), String(property(to))]));
}

function grouped<Part>(all: readonly Stated[], by: string, partOf: (stated: Stated) => Part): ReadonlyMap<string, readonly Part[]> {
  const groups = new Map<string, Part[]>();
  for (const one of all) {
    const key = String(one.property(by));
    groups.set(key, [...(groups.get(key) ?? []), partOf(one)]);
  }
  return groups;
}

function routeOf({ id, property }: Stated): Route {
  const destination = String(
    property('DestinationCidrBlock') ?? property('DestinationIpv6CidrBlock') ?? property('DestinationPrefixListId'),
  );
  const [nat, gateway] = [property('NatGatewayId'), property('GatewayId')];
  if (nat !== undefined) return { id, destination, via: 'NAT gateway', target: String(nat) };
  return { id, destination, via: gateway === undefined ? 'something else' : 'internet gateway', target: String(gateway) };
}

function entryOf({ id, property }: Stated): AclEntry {
  const [{ From: first = 0, To: last = 65_535 } = {}] = membersIn([property('PortRange')]) as [{ From?: unknown; To?: unknown }?];
  return {
    id,
    egress: property('Egress') === true || property('Egress') === 'true',
    number: Number(property('RuleNumber')),
    allows: property('RuleAction') === 'allow',
    protocol: String(property('Protocol')),
    range: String(property('CidrBlock')),
    ports: [Number(first), Number(last)],
  };
}
