import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import type { Construct } from 'constructs';
import { fleetLogGroup, type LogParts } from './fleet-logs';
import { addInterfaceEndpoints, GATEWAY_ENDPOINTS } from './vpc-endpoints';

/**
 * A VPC over two zones with flow logs, and ways to DynamoDB and S3 that do not pass the NAT gateways.
 * @param hasInterfaceEndpoints whether the other services of AWS that programs call are reached without them, too
 */
export function fleetVpc(scope: Construct, parts: LogParts, hasInterfaceEndpoints: boolean): ec2.Vpc {
  const vpc = new ec2.Vpc(scope, 'Vpc', {
    maxAzs: 2,
    restrictDefaultSecurityGroup: false,
    gatewayEndpoints: GATEWAY_ENDPOINTS,
  });
  if (hasInterfaceEndpoints) addInterfaceEndpoints(vpc);
  const logGroup = fleetLogGroup(vpc, 'Logs', parts);
  vpc.addFlowLog('FlowLog', { destination: ec2.FlowLogDestination.toCloudWatchLogs(logGroup) });
  return vpc;
}

export function fleetCluster(scope: Construct, vpc: ec2.IVpc): ecs.Cluster {
  return new ecs.Cluster(scope, 'Cluster', { vpc, containerInsightsV2: ecs.ContainerInsights.ENABLED });
}
