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
   * Told when an alarm starts and ends.
   * @default - alarms are shown on the console only
   */
  readonly alarmTopic?: sns.ITopic;
}
