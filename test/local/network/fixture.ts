// biome-ignore-all lint/suspicious/noTemplateCurlyInString: placeholders of Fn::Sub
import { readAssets } from '../../../local/assembly/assets';
import { stackOf } from '../../../local/assembly/cloud-assembly';
import type { Template } from '../../../local/assembly/template';
import { canConnect, type From, type To } from '../../../local/network/connection';
import { type Network, readNetwork } from '../../../local/network/network';
import type { Listener, Tasks } from '../../../local/network/parties';
import type { Verdict } from '../../../local/network/verdict';

export type Resources = Readonly<Record<string, { readonly Type: string; readonly Properties?: unknown; readonly Condition?: string }>>;

const ref = (id: string) => ({ Ref: id });
export const group = (id: string) => ({ 'Fn::GetAtt': [id, 'GroupId'] });
const GROUP = { GroupDescription: 'one', VpcId: ref('Vpc') };
export const NOWHERE = { CidrIp: '255.255.255.255/32', IpProtocol: 'icmp', FromPort: 252, ToPort: 86 };

/** A service whose tasks listen on 8080, in the private subnet, with a group of its own. */
function service(name: string, variables: Readonly<Record<string, unknown>>, groupProperties: object = {}): Resources {
  const Environment = Object.entries(variables).map(([Name, Value]) => ({ Name, Value }));
  return {
    [`${name}Task`]: {
      Type: 'AWS::ECS::TaskDefinition',
      Properties: {
        TaskRoleArn: { 'Fn::GetAtt': [`${name}Role`, 'Arn'] },
        ContainerDefinitions: [
          {
            Name: name,
            Image: { 'Fn::Sub': '${AWS::AccountId}.dkr.ecr.${AWS::Region}.amazonaws.com/assets:tag' },
            PortMappings: [{ ContainerPort: 8080 }],
            Environment,
            LogConfiguration: { LogDriver: 'awslogs' },
          },
        ],
      },
    },
    [`${name}Role`]: { Type: 'AWS::IAM::Role' },
    [`${name}Policy`]: {
      Type: 'AWS::IAM::Policy',
      Properties: {
        Roles: [ref(`${name}Role`)],
        PolicyDocument: { Statement: [{ Effect: 'Allow', Action: ['dynamodb:GetItem', 'kms:Decrypt'], Resource: '*' }] },
      },
    },
    [`${name}Group`]: { Type: 'AWS::EC2::SecurityGroup', Properties: { ...GROUP, ...groupProperties } },
    [name]: {
      Type: 'AWS::ECS::Service',
      Properties: {
        TaskDefinition: ref(`${name}Task`),
        NetworkConfiguration: { AwsvpcConfiguration: { Subnets: [ref('Private')], SecurityGroups: [group(`${name}Group`)] } },
        LoadBalancers: [{ ContainerPort: 8080, TargetGroupArn: ref(`${name}Targets`) }],
      },
    },
    [`${name}Targets`]: { Type: 'AWS::ElasticLoadBalancingV2::TargetGroup', Properties: { Port: 8080 } },
  };
}

export function ingress(to: string, from: object, port: number): Resources[string] {
  return {
    Type: 'AWS::EC2::SecurityGroupIngress',
    Properties: { GroupId: group(to), IpProtocol: 'tcp', FromPort: port, ToPort: port, ...from },
  };
}

export const fromGroup = (id: string) => ({ SourceSecurityGroupId: group(id) });

/** A VPC with one public and one private subnet; a gateway, one server, and an internal load balancer with two listeners between them. */
export const FLEET: Resources = {
  Vpc: { Type: 'AWS::EC2::VPC', Properties: { CidrBlock: '10.0.0.0/16' } },
  Gate: { Type: 'AWS::EC2::InternetGateway' },
  Attachment: { Type: 'AWS::EC2::VPCGatewayAttachment', Properties: { VpcId: ref('Vpc'), InternetGatewayId: ref('Gate') } },
  ...subnet('Public', '10.0.0.0/24', { GatewayId: ref('Gate') }),
  Nat: { Type: 'AWS::EC2::NatGateway', Properties: { SubnetId: ref('Public') } },
  ...subnet('Private', '10.0.1.0/24', { NatGatewayId: ref('Nat') }),
  ...service('gateway', {
    MCP_FLEET_CONFIG: { 'Fn::Join': ['', ['{"serversUrl":"https://', { 'Fn::GetAtt': ['Balancer', 'DNSName'] }, ':8443"}']] },
  }),
  ...service('notes', { MCP_FLEET_SIDECAR: '{"server":"notes"}', PORT: '3000' }),
  BalancerGroup: {
    Type: 'AWS::EC2::SecurityGroup',
    Properties: {
      ...GROUP,
      SecurityGroupIngress: [{ CidrIp: { 'Fn::GetAtt': ['Vpc', 'CidrBlock'] }, IpProtocol: 'tcp', FromPort: 443, ToPort: 443 }],
      SecurityGroupEgress: [{ DestinationSecurityGroupId: group('gatewayGroup'), IpProtocol: 'tcp', FromPort: 8080, ToPort: 8080 }],
    },
  },
  Balancer: {
    Type: 'AWS::ElasticLoadBalancingV2::LoadBalancer',
    Properties: { Scheme: 'internal', Subnets: [ref('Private')], SecurityGroups: [group('BalancerGroup')] },
  },
  Edge: {
    Type: 'AWS::ElasticLoadBalancingV2::Listener',
    Properties: {
      LoadBalancerArn: ref('Balancer'),
      Port: 443,
      DefaultActions: [{ Type: 'forward', TargetGroupArn: ref('gatewayTargets') }],
    },
  },
  Servers: {
    Type: 'AWS::ElasticLoadBalancingV2::Listener',
    Properties: { LoadBalancerArn: ref('Balancer'), Port: 8443, DefaultActions: [] },
  },
  NotesRule: {
    Type: 'AWS::ElasticLoadBalancingV2::ListenerRule',
    Properties: {
      ListenerArn: ref('Servers'),
      Actions: [{ Type: 'forward', ForwardConfig: { TargetGroups: [{ TargetGroupArn: ref('notesTargets') }] } }],
    },
  },
  BalancerToNotes: {
    Type: 'AWS::EC2::SecurityGroupEgress',
    Properties: {
      GroupId: group('BalancerGroup'),
      DestinationSecurityGroupId: group('notesGroup'),
      IpProtocol: 'tcp',
      FromPort: 8080,
      ToPort: 8080,
    },
  },
  GatewayIn: ingress('gatewayGroup', fromGroup('BalancerGroup'), 8080),
  NotesIn: ingress('notesGroup', fromGroup('BalancerGroup'), 8080),
  ServersIn: ingress('BalancerGroup', fromGroup('gatewayGroup'), 8443),
};

export function subnet(name: string, CidrBlock: unknown, route?: object): Resources {
  return {
    [name]: { Type: 'AWS::EC2::Subnet', Properties: { CidrBlock, VpcId: ref('Vpc') } },
    [`${name}Table`]: { Type: 'AWS::EC2::RouteTable', Properties: { VpcId: ref('Vpc') } },
    [`${name}Association`]: {
      Type: 'AWS::EC2::SubnetRouteTableAssociation',
      Properties: { SubnetId: ref(name), RouteTableId: ref(`${name}Table`) },
    },
    ...(route && {
      [`${name}Route`]: {
        Type: 'AWS::EC2::Route',
        Properties: { RouteTableId: ref(`${name}Table`), DestinationCidrBlock: '0.0.0.0/0', ...route },
      },
    }),
  };
}

/** The fleet with other resources; undefined takes one away. */
export function fleetWith(changes: Readonly<Record<string, Resources[string] | undefined>> = {}, parameters: object = {}): Network {
  const Resources = Object.fromEntries(Object.entries({ ...FLEET, ...changes }).filter(([, resource]) => resource !== undefined));
  const template = { Resources, Parameters: parameters } as Template;
  return readNetwork(stackOf('Shop', template, { account: '000000000000', region: 'us-east-1', assets: readAssets('', []) }));
}

export function withProperties(id: string, properties: object): Resources {
  const { Type, Properties } = FLEET[id] as Resources[string];
  return { [id]: { Type, Properties: { ...(Properties as object), ...properties } } };
}

/** By names: parties, `agents`, `internet`, `vpc`, or a service of AWS. */
export function verdict(network: Network, from: string, to: string, port: number): Verdict {
  const party = (name: string) => network.parties.find((one) => one.name === name || one.id === `Shop/${name}`);
  const source = (from === 'vpc' ? { kind: 'VPC', id: 'Shop/Vpc' } : (party(from) ?? from)) as From;
  const target = (party(to) ?? (to === 'internet' ? to : { kind: 'service', service: to })) as Listener | Tasks | To;
  return canConnect(network, source, target, port);
}
