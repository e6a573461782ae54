import { AgentIdentity } from './agent-identity';
import { FleetEdge } from './fleet-edge';
import type { McpFleetProps } from './fleet-props';
import type { GatewayOptions } from './gateway-service';
import { duration, having, listOf, made, number, optional, type Shape, struct, text } from './kinds';
import { TASK_SIZE } from './task-size';

const GATEWAY: Shape<GatewayOptions> = { replicas: optional(number()), taskSize: optional(struct(TASK_SIZE)) };

export const MCP_FLEET: Shape<McpFleetProps> = {
  identity: made(AgentIdentity),
  edge: made(FleetEdge),
  fleetName: optional(text()),
  vpc: optional(having('vpcId', 'a VPC', 'Write Vpc.fromLookup(…), or make one, of aws-cdk-lib.')),
  subnets: optional(struct({})),
  cluster: optional(having('clusterName', 'an ECS cluster', 'Write Cluster.fromClusterAttributes(…), or make one, of aws-cdk-lib.')),
  allowedOrigins: optional(listOf(text('Write it as browsers send it, such as https://console.acme.example.'))),
  keyLifetime: optional(duration),
  gateway: optional(struct(GATEWAY)),
  cpuArchitecture: optional(having('_cpuArchitecture', 'a CpuArchitecture', 'Write ecs.CpuArchitecture.ARM64, of aws-cdk-lib.')),
  encryptionKey: optional(having('keyArn', 'a KMS key', 'Write Key.fromKeyArn(…), or make one, of aws-cdk-lib.')),
  logRetention: optional(number('Write logs.RetentionDays.ONE_MONTH, of aws-cdk-lib.')),
  alarmTopic: optional(having('topicArn', 'an SNS topic', 'Write Topic.fromTopicArn(…), or make one, of aws-cdk-lib.')),
};
