import { AspectPriority, Aspects, Stack, Validations } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import type { Construct, IConstruct } from 'constructs';
import { acknowledge } from './nag';

/** Of these there are endpoints without a price: ledger, directory and allowlist are called all the time, and the layers of images lie in S3. */
export const GATEWAY_ENDPOINTS = {
  DynamoDb: { service: ec2.GatewayVpcEndpointAwsService.DYNAMODB },
  S3: { service: ec2.GatewayVpcEndpointAwsService.S3 },
};

/**
 * What gateways, sidecars and ECS on their behalf call besides. KMS is used by other services, never by a program of ours; credentials of tasks
 * come from ECS, not from STS; metrics travel in log lines.
 */
const INTERFACE_ENDPOINTS: Readonly<Record<string, ec2.InterfaceVpcEndpointAwsService>> = {
  EcrApi: ec2.InterfaceVpcEndpointAwsService.ECR,
  EcrDocker: ec2.InterfaceVpcEndpointAwsService.ECR_DOCKER,
  Ecs: ec2.InterfaceVpcEndpointAwsService.ECS,
  Lambda: ec2.InterfaceVpcEndpointAwsService.LAMBDA,
  Logs: ec2.InterfaceVpcEndpointAwsService.CLOUDWATCH_LOGS,
  SecretsManager: ec2.InterfaceVpcEndpointAwsService.SECRETS_MANAGER,
};

/** Endpoints in each zone, with one security group for all: who stands in the VPC may ask them, each under a role of its own. */
export function addInterfaceEndpoints(vpc: ec2.Vpc): void {
  const access = new ec2.SecurityGroup(vpc, 'EndpointAccess', {
    vpc,
    allowAllOutbound: false,
    description: 'Endpoints of AWS services, from the VPC',
  });
  access.addIngressRule(ec2.Peer.ipv4(vpc.vpcCidrBlock), ec2.Port.HTTPS, 'From the VPC');
  acknowledge(access, 'EC23', "The only range let in is the VPC's own, which cdk-nag cannot read before deployment.");
  for (const [id, service] of Object.entries(INTERFACE_ENDPOINTS)) {
    vpc.addInterfaceEndpoint(`${id}Endpoint`, { service, securityGroups: [access], open: false });
  }
}

/**
 * Warns of a VPC in which no way to DynamoDB can be seen but the one through NAT gateways. All of the app is looked at when it is whole: an endpoint may
 * be added after the fleet.
 */
export function warnOfMissingEndpoint(fleet: Construct, vpc: ec2.IVpc): void {
  const look = (node: IConstruct): void => {
    if (node !== fleet || hasDynamoDbEndpoint(vpc)) return;
    const text = `No gateway endpoint of DynamoDB can be seen in the VPC ${vpc.node.path}: each call's rows then pass its NAT gateways, at their price, and no call ends while they are gone. Write vpc.addGatewayEndpoint('DynamoDb', { service: ec2.GatewayVpcEndpointAwsService.DYNAMODB }); it costs nothing. Acknowledge this where the VPC has one that the app does not make.`;
    Validations.of(fleet).addWarning('cdk-mcp-fleet:vpcEndpoints', text);
  };
  // What it sees is what the app's own Aspects leave.
  Aspects.of(fleet).add({ visit: look }, { priority: AspectPriority.READONLY });
}

function hasDynamoDbEndpoint(vpc: ec2.IVpc): boolean {
  const text = (of: IConstruct, value: unknown) => JSON.stringify(Stack.of(of).resolve(value)) ?? '';
  return vpc.node.root.node.findAll().some((endpoint) => {
    if (!(endpoint instanceof ec2.CfnVPCEndpoint) || !text(endpoint, endpoint.serviceName).includes('dynamodb')) return false;
    return text(endpoint, endpoint.vpcId) === text(endpoint, vpc.vpcId);
  });
}
