import { Duration, Lazy, Stack } from 'aws-cdk-lib';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import type * as elb from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { FLEET_CONFIG_VARIABLE, type FleetConfig, RUNTIME_PORT } from '../core/fleet-config';
import { SERVERS_KEY } from '../core/listed-servers';
import { ORDERS_KEY } from '../core/orders';
import { bundleFolder } from './bundles';
import { alarmOnAnswers, alarmOnMissing, alarmOnZones, fleetAlarm } from './fleet-alarms';
import type { FleetParts } from './fleet-parts';
import type { FleetTables } from './fleet-tables';
import type { GatewayOptions } from './gateway-options';
import { minReplicasOf, scaleGateway } from './gateway-scaling';
import { acknowledge, findingText } from './nag';
import {
  AUTHORIZER_INVOKE_ACTIONS,
  DIRECTORY_ACTIONS,
  grantItem,
  grantLook,
  grantSecret,
  grantTable,
  grantTaggedSecrets,
  LEDGER_ACTIONS,
  ORDERS_READ_ACTIONS,
  SECRET_READ_ACTIONS,
  SERVERS_READ_ACTIONS,
} from './perms';
import { fargateTask, imagePlatform, logDriver, raiseFileLimit, serviceLogs } from './task';

const CONTAINER = 'gateway';
const STOP_TIMEOUT = Duration.seconds(120);
/**
 * Most that the gateway's configuration may weigh. A task definition may have 64 KiB in all (ECS quotas), and each name in
 * it becomes longer when CloudFormation fills it in.
 */
const MAX_CONFIG_BYTES = 40_000;

export interface GatewayServiceProps {
  readonly parts: FleetParts;
  readonly options?: GatewayOptions;
  readonly targets: elb.ApplicationTargetGroup;
  /** Asked at synth, when all servers are known. */
  readonly config: () => FleetConfig;
  readonly tables: FleetTables;
  readonly authorizer: lambda.IFunction;
  readonly sealKey: secretsmanager.ISecret;
}

/** The authority tier: the one service that may write the ledger. */
export class GatewayService extends Construct {
  readonly service: ecs.FargateService;
  readonly taskRole: iam.IRole;

  constructor(scope: Construct, id: string, props: GatewayServiceProps) {
    super(scope, id);
    const { parts, options } = props;
    const task = fargateTask(this, parts, options?.taskSize);
    this.taskRole = task.taskRole;
    const container = task.addContainer(CONTAINER, {
      image: ecs.ContainerImage.fromAsset(bundleFolder('gateway'), { platform: imagePlatform(parts) }),
      user: 'node',
      readonlyRootFilesystem: true,
      portMappings: [{ containerPort: RUNTIME_PORT }],
      stopTimeout: STOP_TIMEOUT,
      environment: {
        [FLEET_CONFIG_VARIABLE]: Lazy.string({ produce: () => Stack.of(this).toJsonString(props.config()) }),
        PORT: String(RUNTIME_PORT),
      },
      logging: logDriver(serviceLogs(this, parts, 'gateway.logGroup', options?.logGroup), CONTAINER),
    });
    raiseFileLimit(container);
    this.grantAuthority(props);
    this.service = new ecs.FargateService(this, 'Service', {
      cluster: parts.cluster,
      taskDefinition: task,
      // A count in the template would undo, in each deployment, what scaling has done.
      ...(options?.replicas !== undefined && { desiredCount: options.replicas }),
      vpcSubnets: parts.subnets,
      minHealthyPercent: 100,
      maxHealthyPercent: 200,
      circuitBreaker: { rollback: true },
      healthCheckGracePeriod: Duration.seconds(60),
      // It holds nothing that would be lost, so one moves to a zone that is there again; a service that was made before ECS did so by itself, too.
      availabilityZoneRebalancing: ecs.AvailabilityZoneRebalancing.ENABLED,
      // What the company tags its services with, its bills tell of the tasks.
      propagateTags: ecs.PropagatedTagSource.SERVICE,
    });
    this.service.attachToApplicationTargetGroup(props.targets);
    scaleGateway(this.service, props.targets, options);
    fleetAlarm(this, 'UnhealthyAlarm', parts, {
      alarmDescription: `MCP fleet ${parts.name}: gateway replicas fail their health check.`,
      metric: props.targets.metrics.unhealthyHostCount({ period: Duration.minutes(1), statistic: 'Maximum' }),
      threshold: 1,
      evaluationPeriods: 3,
    });
    const who = `MCP fleet ${parts.name}: gateway replicas`;
    alarmOnMissing(this, parts, props.targets, minReplicasOf(options), who);
    alarmOnZones(this, parts, props.targets, minReplicasOf(options), who);
    alarmOnAnswers(this, parts, props.targets, who);
    this.node.addValidation({ validate: () => oversize(Stack.of(this).resolve(props.config())) });
  }

  private grantAuthority({ parts, tables, authorizer, sealKey }: GatewayServiceProps): void {
    grantTable(this.taskRole, tables.ledger, LEDGER_ACTIONS);
    grantTable(this.taskRole, tables.directory, DIRECTORY_ACTIONS);
    grantItem(this.taskRole, tables.allowlist, ORDERS_KEY, ORDERS_READ_ACTIONS);
    grantItem(this.taskRole, tables.allowlist, SERVERS_KEY, SERVERS_READ_ACTIONS);
    this.grantListedSecrets(parts.name);
    grantLook(this.taskRole, [tables.ledger, tables.directory, tables.allowlist]);
    grantSecret(this.taskRole, sealKey, parts.key);
    iam.Grant.addToPrincipal({ grantee: this.taskRole, actions: AUTHORIZER_INVOKE_ACTIONS, resourceArns: [authorizer.functionArn] });
  }

  /** Of servers in other stacks: a statement for each of their secrets would not fit into its policies, and would bind this stack to theirs. */
  private grantListedSecrets(fleet: string): void {
    const stack = Stack.of(this);
    const all = grantTaggedSecrets(this.taskRole, stack, fleet, SECRET_READ_ACTIONS);
    const why = 'Secrets of servers in other stacks: a tag that names the fleet is a condition of it.';
    acknowledge(this.taskRole, `IAM5[Resource::${findingText(stack.resolve(all))}]`, why);
  }
}

function oversize(config: unknown): string[] {
  const bytes = Buffer.byteLength(JSON.stringify(config));
  if (bytes <= MAX_CONFIG_BYTES) return [];
  return [
    `The fleet's configuration is ${bytes} bytes; allowed: ${MAX_CONFIG_BYTES}, because a task definition holds 64 KiB. Split the fleet, or declare fewer tools or certificate authorities.`,
  ];
}
