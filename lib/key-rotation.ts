import { Duration, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import { SEAL_KEY_VARIABLE } from '../core/fleet-config';
import { fleetAlarm } from './fleet-alarms';
import { bundledFunction, type FunctionParts } from './fleet-functions';
import type { FleetParts } from './fleet-parts';
import { acknowledge, findingText } from './nag';
import { grantSecretRotation, grantTaggedSecrets, SECRET_ROTATION_ACTIONS } from './perms';

export const DEFAULT_KEY_ROTATION = Duration.days(90);

/** Lets Secrets Manager rotate the keys that the fleet has made for itself: one function for all of them. */
export class KeyRotation {
  private readonly rotator: lambda.Function;

  constructor(
    scope: Construct,
    private readonly parts: FunctionParts & Pick<FleetParts, 'key'>,
    sealKey: secretsmanager.ISecret,
    private readonly every: Duration,
  ) {
    this.rotator = bundledFunction(scope, 'KeyRotation', 'lambda/key-rotation', parts, {
      environment: { [SEAL_KEY_VARIABLE]: sealKey.secretArn },
      timeout: Duration.seconds(30),
    });
    this.rotator.addPermission('SecretsManager', {
      principal: new iam.ServicePrincipal('secretsmanager.amazonaws.com'),
      sourceAccount: Stack.of(scope).account,
    });
    fleetAlarm(this.rotator, 'ErrorsAlarm', parts, {
      alarmDescription: 'MCP fleet key rotation: it fails. The keys that there are go on to count.',
      metric: this.rotator.metricErrors({ period: Duration.minutes(5) }),
      threshold: 1,
      evaluationPeriods: 1,
    });
    this.add(sealKey);
  }

  add(key: secretsmanager.ISecret): void {
    grantSecretRotation(this.rotator, key, this.parts.key);
    rotate(key, this.rotator.functionArn, this.every).node.addDependency(this.rotator);
  }

  /** Lets it rotate the keys of servers in other stacks. */
  addTagged(stack: Stack, fleet: string): void {
    const all = grantTaggedSecrets(this.rotator, stack, fleet, SECRET_ROTATION_ACTIONS);
    const why = 'Keys of servers in other stacks: a tag that names the fleet is a condition of it.';
    acknowledge(this.rotator.role as iam.IRole, `IAM5[Resource::${findingText(stack.resolve(all))}]`, why);
  }

  get functionArn(): string {
    return this.rotator.functionArn;
  }
}

/** Has a key that the fleet has made rotated, now and then. @param by the function of the fleet */
export function rotate(key: secretsmanager.ISecret, by: string, every: Duration): secretsmanager.CfnRotationSchedule {
  return new secretsmanager.CfnRotationSchedule(key, 'Rotation', {
    secretId: key.secretArn,
    rotationLambdaArn: by,
    rotationRules: { scheduleExpression: `rate(${every.toDays()} days)` },
    // The first start of a fleet is none of the moments at which a key has grown old.
    rotateImmediatelyOnUpdate: false,
  });
}
