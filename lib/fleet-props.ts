import type { Duration } from 'aws-cdk-lib';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as ecs from 'aws-cdk-lib/aws-ecs';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as logs from 'aws-cdk-lib/aws-logs';
import type * as sns from 'aws-cdk-lib/aws-sns';
import type { AgentIdentity } from './agent-identity';
import type { FleetEdge } from './fleet-edge';
import type { GatewayOptions } from './gateway-service';

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
  /** @default logs.RetentionDays.THREE_MONTHS */
  readonly logRetention?: logs.RetentionDays;
  /**
   * Told when an alarm starts and ends.
   * @default - alarms are shown on the console only
   */
  readonly alarmTopic?: sns.ITopic;
}
