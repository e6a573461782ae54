import { Stack, Tags } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import type { FleetParts } from './fleet-parts';
import { KEPT } from './kept';
import { FLEET_TAG, LOGS_KEY_ACTIONS } from './perms';

/** How all log groups of a fleet are made. */
export type LogParts = Pick<FleetParts, 'logRetention' | 'logKey'>;

/** A log group of the fleet's own. */
export function fleetLogGroup(
  scope: Construct,
  id: string,
  { logRetention, logKey }: LogParts,
  props: Pick<logs.LogGroupProps, 'logGroupClass'> = {},
): logs.LogGroup {
  return new logs.LogGroup(scope, id, {
    ...props,
    retention: logRetention,
    removalPolicy: KEPT,
    ...(logKey !== undefined && { encryptionKey: logKey }),
  });
}

/** A log group of a program: operators of the fleet read what it says. */
export function programLogGroup(
  scope: Construct,
  id: string,
  parts: LogParts & Pick<FleetParts, 'name'>,
  props: Pick<logs.LogGroupProps, 'logGroupClass'> = {},
): logs.LogGroup {
  const group = fleetLogGroup(scope, id, parts, props);
  Tags.of(group).add(FLEET_TAG, parts.name);
  return group;
}

/**
 * Lets CloudWatch Logs use a key for log groups of the fleet's account and region, and for nothing else (CloudWatch Logs User Guide, "Encrypt
 * log data using AWS KMS"). The policy of a key that is only imported is its owner's: it has to say the same, or no log group can be made.
 */
export function letLogsUse(scope: Construct, key: kms.IKey): void {
  const stack = Stack.of(scope);
  key.addToResourcePolicy(
    new iam.PolicyStatement({
      sid: 'CloudWatchLogs',
      principals: [new iam.ServicePrincipal(`logs.${stack.region}.amazonaws.com`)],
      actions: LOGS_KEY_ACTIONS,
      resources: ['*'],
      conditions: { ArnLike: { 'kms:EncryptionContext:aws:logs:arn': stack.formatArn({ service: 'logs', resource: '*' }) } },
    }),
  );
}
