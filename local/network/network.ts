import type { Stack } from '../assembly/cloud-assembly';
import type { StandIns } from '../stand-ins';
import { type Party, partiesOf } from './parties';
import { importedGroup, type SecurityGroup, securityGroupsOf } from './security-groups';
import { StatedResources } from './stated';
import { attachmentsOf, type Endpoint, endpointsOf, importedSubnet, natGatewaysOf, type Subnet, subnetsOf } from './subnets';

/** What the templates of some stacks say of who may open a connection to whom. */
export interface Network {
  /** Tasks of services, listeners of load balancers, functions, and links of APIs. */
  readonly parties: readonly Party[];
  readonly endpoints: readonly Endpoint[];
  /** VPCs with an internet gateway. */
  readonly attachments: ReadonlyMap<string, string>;
  /** NAT gateways, and the subnet of each. */
  readonly natGateways: ReadonlyMap<string, string>;
  /** Address range of each VPC. */
  readonly vpcs: ReadonlyMap<string, string>;
  /** One that no template makes is a name of which nothing is known. */
  group(id: string): SecurityGroup;
  subnet(id: string): Subnet;
}

/** Reads the network that stacks state, before anything of them exists. Never throws: what cannot be told is unknown. */
export function readNetwork(stacks: readonly Stack[], standIns?: StandIns): Network {
  const stated = new StatedResources(stacks, standIns);
  const groups = securityGroupsOf(stated);
  const subnets = subnetsOf(stated);
  return {
    parties: partiesOf(stated),
    endpoints: endpointsOf(stated),
    attachments: attachmentsOf(stated),
    natGateways: natGatewaysOf(stated),
    vpcs: new Map(stated.ofType('AWS::EC2::VPC').map(({ id, property }) => [id, String(property('CidrBlock'))])),
    group: (id) => groups.get(id) ?? importedGroup(id),
    subnet: (id) => subnets.get(id) ?? importedSubnet(id),
  };
}
