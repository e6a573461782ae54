import type { Duration } from 'aws-cdk-lib';
import type * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as ecs from 'aws-cdk-lib/aws-ecs';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as logs from 'aws-cdk-lib/aws-logs';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import type * as sns from 'aws-cdk-lib/aws-sns';
import type { AgentIdentity } from './agent-identity';
import type { FleetEdge } from './fleet-edge';
import type { GatewayOptions } from './gateway-options';

/** Most sessions that are open at once, on all servers. */
export interface SessionBudgetOptions {
  /**
   * Of one task of an agent, where it names one (`Mcp-Fleet-Task`, or a trace); from 1 to 1000. A loop that opens sessions and forgets
   * them ends here, and not at the end of the fleet's slots.
   * @default 50
   */
  readonly perTask?: number;
  /**
   * Of one agent; from 1 to 2000. Each session that an agent opens then costs one more write, of a row that grows with their number.
   * @default - as many as there is room for
   */
  readonly perAgent?: number;
}

/** Where and how long every change of the ledger is kept. */
export interface AuditOptions {
  /**
   * How long nobody can delete what was archived, the account's root user included (S3 Object Lock, compliance mode); from 1 day to
   * 100 years. A longer one holds for what is archived from then on.
   * @default Duration.days(365)
   */
  readonly retention?: Duration;
  /**
   * A bucket of your own, with Object Lock, versions and encryption; its retention is then yours to set.
   * @default - one is made, and kept when the stack is deleted
   */
  readonly bucket?: s3.IBucket;
}

/** What nobody can delete before somebody has switched this off. */
export interface DeletionProtectionOptions {
  /**
   * The tables that the fleet makes. CloudFormation cannot delete a protected one either: a first deployment that fails leaves four tables,
   * which are empty and cost nothing. Without, they are kept as well when the stack is deleted, but anybody who may can delete them.
   * @default true
   */
  readonly tables?: boolean;
  /**
   * The load balancers that the fleet makes. They hold nothing that cannot be made again but their names, and with it no deletion of the stack
   * ends, and no rollback of a first deployment: switch it on when that has gone well.
   * @default false
   */
  readonly loadBalancers?: boolean;
}

/**
 * Executions that are kept for a function, and the most that it has at once; from 1. They are taken from those of the account (1,000 in a region
 * unless somebody had them raised), of which 100 have to stay without a reservation (Lambda quotas).
 */
export interface ReservedConcurrencyOptions {
  /**
   * Decides who may call; asked by each gateway for each agent and server once in 30 s, and by an API for each token and path. Too few, and
   * agents are refused as `AUTHORIZER_UNAVAILABLE`.
   * @default - whatever is left in the account
   */
  readonly authorizer?: number;
  /**
   * Writes the grants of a deployment.
   * @default - whatever is left in the account
   */
  readonly allowlistSync?: number;
  /**
   * Ends abandoned claims once a minute.
   * @default - whatever is left in the account
   */
  readonly ledgerJanitor?: number;
  /**
   * Archives the ledger, one execution to each shard of its stream.
   * @default - whatever is left in the account
   */
  readonly ledgerArchiver?: number;
  /**
   * Rotates the fleet's own keys, one after another.
   * @default - whatever is left in the account
   */
  readonly keyRotation?: number;
}

/**
 * Log groups that are there already, of the class Standard, each for one function (docs/companies.md). How long they keep lines, and under which
 * key, is theirs.
 */
export interface FunctionLogGroups {
  /** @default - one is made */
  readonly authorizer?: logs.ILogGroup;
  /** @default - one is made */
  readonly allowlistSync?: logs.ILogGroup;
  /** @default - one is made */
  readonly ledgerJanitor?: logs.ILogGroup;
  /** @default - one is made */
  readonly ledgerArchiver?: logs.ILogGroup;
  /** @default - one is made */
  readonly keyRotation?: logs.ILogGroup;
}

/** The fleet's own functions. */
export interface FunctionOptions {
  /** @default - one is made for each */
  readonly logGroups?: FunctionLogGroups;
  /** @default - none is reserved */
  readonly reservedConcurrency?: ReservedConcurrencyOptions;
  /**
   * Whether they send segments to X-Ray (AWS Lambda, active tracing). Gateways and sidecars send none; they pass `traceparent` on.
   * @default false
   */
  readonly tracing?: boolean;
}

export interface McpFleetProps {
  /** Whose access tokens are believed. */
  readonly identity: AgentIdentity;
  /** Where agents enter. */
  readonly edge: FleetEdge;
  /**
   * The `Fleet` dimension of every metric; two fleets of one account and region need two names.
   * 1 to 63 characters a-z, A-Z, 0-9 and -.
   * @default - made from the construct's path
   */
  readonly fleetName?: string;
  /** @default - the cluster's, where one is given; else one over two zones is made */
  readonly vpc?: ec2.IVpc;
  /**
   * Where tasks and internal load balancers stand.
   * @default - private subnets with egress
   */
  readonly subnets?: ec2.SubnetSelection;
  /** @default - one is made */
  readonly cluster?: ecs.ICluster;
  /**
   * Browser origins that may call, such as `https://console.acme.example`; any other `Origin` is refused with 403.
   * @default - none: agents outside browsers send no `Origin`
   */
  readonly allowedOrigins?: string[];
  /**
   * How long an idempotency key names its call, from 1 hour to 10 years: after that the same key is a new intent and executes
   * again. A call that is open or unknown keeps its key for good.
   * @default Duration.days(30)
   */
  readonly keyLifetime?: Duration;
  /**
   * How often the keys that the fleet makes for itself are rotated, in whole days from 30 to 365: that of session ids and those between
   * gateway and sidecars. No session and no call is lost by it.
   * @default Duration.days(90)
   */
  readonly keyRotation?: Duration;
  /**
   * Most sessions that are open at once, on all servers; one more is refused as `TASK_BUDGET`.
   * @default - see each option
   */
  readonly sessionBudget?: SessionBudgetOptions;
  /**
   * Internal load balancers before servers in stacks of their own, from 1 to 10: the first, which is there in any case, takes 60 of them, and each
   * other one 90. Those in the fleet's own stack do not count. A server keeps its place: do not lower it.
   * @default 1
   */
  readonly serverBalancers?: number;
  /** @default - see each option */
  readonly gateway?: GatewayOptions;
  /**
   * Processor of all tasks; images made at synth are built for it.
   * @default ecs.CpuArchitecture.X86_64, which most build machines and images are
   */
  readonly cpuArchitecture?: ecs.CpuArchitecture;
  /**
   * Encrypts tables and generated keys.
   * @default - one is made, with yearly rotation
   */
  readonly encryptionKey?: kms.IKey;
  /**
   * The archive of the ledger.
   * @default - see each option
   */
  readonly audit?: AuditOptions;
  /**
   * The ledger of a fleet that was here before, or one restored from a backup: keys that it knows are not executed again. Import it with
   * its key and stream, `TableV2.fromTableAttributes(this, 'Ledger', { tableName, tableStreamArn, encryptionKey })`.
   * @default - one is made: every key is new to it
   */
  readonly ledgerTable?: dynamodb.ITableV2;
  /**
   * The session directory of a fleet that was here before, imported with its key.
   * @default - one is made: sessions of before are unknown, and are opened again
   */
  readonly directoryTable?: dynamodb.ITableV2;
  /**
   * The allowlist of a fleet that was here before, imported with its key: denies and an operator's orders stand in it, beside the grants
   * that construct code writes.
   * @default - one is made
   */
  readonly allowlistTable?: dynamodb.ITableV2;
  /**
   * The keys of agents of a fleet that was here before, imported with its key: without them nobody reads what is personal in the archive of
   * that fleet. It has no point-in-time recovery and no other backup.
   * @default - one is made: it opens what is archived from now on
   */
  readonly agentKeysTable?: dynamodb.ITableV2;
  /** @default logs.RetentionDays.THREE_MONTHS */
  readonly logRetention?: logs.RetentionDays;
  /**
   * Whether load balancers speak TLS to gateways and sidecars, too, so that nothing crosses the network of the VPC in clear text. Each task
   * makes itself a certificate, which a load balancer does not check: who may reach whom is the security groups' matter in any case. To
   * change it makes other target groups, and no call is answered until new tasks stand in them: choose before the fleet is in use.
   * @default false
   */
  readonly targetTls?: boolean;
  /**
   * Encrypts the log groups that the fleet makes. CloudWatch Logs has to be let use it: of a key that the app makes the fleet sees to that, of an
   * imported one its owner (docs/companies.md).
   * @default - CloudWatch Logs' own keys
   */
  readonly logEncryptionKey?: kms.IKey;
  /**
   * Where load balancers write their access logs: a bucket of this region with S3's own keys, whose policy lets
   * `logdelivery.elasticloadbalancing.amazonaws.com` put objects (Elastic Load Balancing, "Access logs").
   * @default - one is made, and what is in it goes after 90 days
   */
  readonly accessLogBucket?: s3.IBucket;
  /**
   * Whether a VPC that the fleet makes has endpoints of ECR, ECS, Lambda, CloudWatch Logs and Secrets Manager, so that nothing that a call needs
   * of AWS passes a NAT gateway. They cost $88 a month in two zones (docs/cost.md). Those of DynamoDB and S3, which are free, it always has.
   * @default true
   */
  readonly interfaceEndpoints?: boolean;
  /** @default - see each option */
  readonly deletionProtection?: DeletionProtectionOptions;
  /** @default - see each option */
  readonly functions?: FunctionOptions;
  /**
   * Told when an alarm starts and ends.
   * @default - alarms are shown on the console only
   */
  readonly alarmTopic?: sns.ITopic;
}
