import type { Duration } from 'aws-cdk-lib';
import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as ecs from 'aws-cdk-lib/aws-ecs';
import type { IApplicationListener } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as logs from 'aws-cdk-lib/aws-logs';
import type { FleetGrants } from './fleet-grants';
import type { FunctionLogGroups, ReservedConcurrencyOptions } from './fleet-props';
import type { GivenLogs } from './given-logs';

/** What the parts of a fleet share. */
export interface FleetParts {
  /** Name of the fleet: the `Fleet` dimension of its metrics. */
  readonly name: string;
  readonly vpc: ec2.IVpc;
  /** Where tasks and internal load balancers stand. */
  readonly subnets: ec2.SubnetSelection;
  readonly cluster: ecs.ICluster;
  readonly architecture: ecs.CpuArchitecture;
  readonly key: kms.IKey;
  readonly logRetention: logs.RetentionDays;
  /** Encrypts log groups; absent for CloudWatch Logs' own keys. */
  readonly logKey?: kms.IKey;
  /** Hands out log groups that the company has. */
  readonly givenLogs: GivenLogs;
  /** Those of functions; a function without one has one made. */
  readonly functionLogs?: FunctionLogGroups;
  /** Whether functions send segments to X-Ray. */
  readonly isTraced?: boolean;
  readonly reservedConcurrency?: ReservedConcurrencyOptions;
  /** How long calls through a gateway replica that ends go on. */
  readonly gatewayDelay: Duration;
  /** Whether load balancers speak TLS to tasks. */
  readonly targetTls: boolean;
  readonly alarmAction?: cloudwatch.IAlarmAction;
}

/** Parts that a server is attached to. */
export interface ServerParts extends FleetParts {
  /** The listener behind which the sidecars stand. */
  readonly serversListener: IApplicationListener;
  /** Position of the server's rule on the listener. */
  readonly rulePriority: number;
  /** Of all instances of all servers: their load balancers may reach it, and none of them another. */
  readonly serversAccess: ec2.ISecurityGroup;
  /** Where its stack says who may call it. */
  readonly grants: FleetGrants;
}
