import { AgentIdentity } from './agent-identity';
import { FleetEdge } from './fleet-edge';
import type {
  AuditOptions,
  DeletionProtectionOptions,
  FunctionLogGroups,
  FunctionOptions,
  McpFleetProps,
  ReservedConcurrencyOptions,
  SessionBudgetOptions,
} from './fleet-props';
import type { GatewayOptions, RequestLimits } from './gateway-options';
import { duration, flag, having, listOf, made, number, optional, type Shape, size, struct, text } from './kinds';
import { LOG_GROUP } from './log-group-kind';
import { TASK_SIZE } from './task-size';

const TABLE = having('tableArn', 'a DynamoDB table', 'Write TableV2.fromTableAttributes(…), or make one, of aws-cdk-lib.');

const REQUEST_LIMITS: Shape<RequestLimits> = {
  bodySize: optional(size),
  depth: optional(number()),
  values: optional(number()),
  headTime: optional(duration),
  requestTime: optional(duration),
};

const GATEWAY: Shape<GatewayOptions> = {
  minReplicas: optional(number()),
  maxReplicas: optional(number()),
  replicas: optional(number()),
  taskSize: optional(struct(TASK_SIZE)),
  logGroup: optional(LOG_GROUP),
  deregistrationDelay: optional(duration),
  requestLimits: optional(struct(REQUEST_LIMITS)),
};

const BUCKET = having('bucketArn', 'an S3 bucket', 'Write Bucket.fromBucketName(…), or make one, of aws-cdk-lib.');
const KEY = having('keyArn', 'a KMS key', 'Write Key.fromKeyArn(…), or make one, of aws-cdk-lib.');

const AUDIT: Shape<AuditOptions> = { retention: optional(duration), bucket: optional(BUCKET) };

const DELETION_PROTECTION: Shape<DeletionProtectionOptions> = { tables: optional(flag), loadBalancers: optional(flag) };

const RESERVED: Shape<ReservedConcurrencyOptions> = {
  authorizer: optional(number()),
  allowlistSync: optional(number()),
  ledgerJanitor: optional(number()),
  ledgerArchiver: optional(number()),
  keyRotation: optional(number()),
};

const FUNCTION_LOGS: Shape<FunctionLogGroups> = {
  authorizer: optional(LOG_GROUP),
  allowlistSync: optional(LOG_GROUP),
  ledgerJanitor: optional(LOG_GROUP),
  ledgerArchiver: optional(LOG_GROUP),
  keyRotation: optional(LOG_GROUP),
};

const FUNCTIONS: Shape<FunctionOptions> = {
  logGroups: optional(struct(FUNCTION_LOGS)),
  reservedConcurrency: optional(struct(RESERVED)),
  tracing: optional(flag),
};

export const SESSION_BUDGET: Shape<SessionBudgetOptions> = { perTask: optional(number()), perAgent: optional(number()) };

export const MCP_FLEET: Shape<McpFleetProps> = {
  identity: made(AgentIdentity),
  edge: made(FleetEdge),
  fleetName: optional(text()),
  vpc: optional(having('vpcId', 'a VPC', 'Write Vpc.fromLookup(…), or make one, of aws-cdk-lib.')),
  subnets: optional(struct({})),
  cluster: optional(having('clusterName', 'an ECS cluster', 'Write Cluster.fromClusterAttributes(…), or make one, of aws-cdk-lib.')),
  allowedOrigins: optional(listOf(text('Write it as browsers send it, such as https://console.acme.example.'))),
  keyLifetime: optional(duration),
  keyRotation: optional(duration),
  sessionBudget: optional(struct(SESSION_BUDGET)),
  serverBalancers: optional(number()),
  gateway: optional(struct(GATEWAY)),
  audit: optional(struct(AUDIT)),
  cpuArchitecture: optional(having('_cpuArchitecture', 'a CpuArchitecture', 'Write ecs.CpuArchitecture.ARM64, of aws-cdk-lib.')),
  encryptionKey: optional(KEY),
  ledgerTable: optional(TABLE),
  directoryTable: optional(TABLE),
  allowlistTable: optional(TABLE),
  agentKeysTable: optional(TABLE),
  targetTls: optional(flag),
  logRetention: optional(number('Write logs.RetentionDays.ONE_MONTH, of aws-cdk-lib.')),
  logEncryptionKey: optional(KEY),
  accessLogBucket: optional(BUCKET),
  interfaceEndpoints: optional(flag),
  deletionProtection: optional(struct(DELETION_PROTECTION)),
  functions: optional(struct(FUNCTIONS)),
  alarmTopic: optional(having('topicArn', 'an SNS topic', 'Write Topic.fromTopicArn(…), or make one, of aws-cdk-lib.')),
};
