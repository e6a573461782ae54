import { Duration, Stack } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as s3 from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { ARCHIVER_CONFIG_VARIABLE, type ArchiverConfig } from '../core/fleet-config';
import { ALL_SERVERS } from '../core/metrics';
import { fleetAlarm } from './fleet-alarms';
import { bundledFunction, type FunctionParts } from './fleet-functions';
import { runtimeMetric } from './fleet-metrics';
import type { FleetParts } from './fleet-parts';
import type { AuditOptions } from './fleet-props';
import type { FleetTable } from './fleet-tables';
import { KEPT } from './kept';
import { acknowledge, findingText } from './nag';
import { AGENT_KEYS_MAKE_ACTIONS, grantArchive, grantStream, grantTable } from './perms';

const DEFAULT_RETENTION = Duration.days(365);
/** Changes that wait for others make fewer objects; who looks into the archive waits as long. */
const WINDOW = Duration.seconds(5);
/** Most of one object: records of some kilobytes, within the 6 MB that a function is given (Lambda quotas). */
const BATCH_SIZE = 1_000;
/** A stream keeps its records for a day: what is not archived by then never will be. */
const LATE = Duration.hours(1);
const PERIOD = Duration.minutes(1);

/** The bucket that keeps what was written, whatever becomes of the table and of the stack. */
export function archiveBucket(scope: Construct, key: kms.IKey, { bucket, retention = DEFAULT_RETENTION }: AuditOptions = {}): s3.IBucket {
  if (bucket !== undefined) return bucket;
  const made = new s3.Bucket(scope, 'Archive', {
    versioned: true,
    objectLockEnabled: true,
    objectLockDefaultRetention: s3.ObjectLockRetention.compliance(retention),
    encryption: s3.BucketEncryption.KMS,
    encryptionKey: key,
    bucketKeyEnabled: true,
    enforceSSL: true,
    minimumTLSVersion: 1.2,
    blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
    objectOwnership: s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
    removalPolicy: KEPT,
  });
  acknowledge(made, 'S1', 'What is archived is chained by hashes; who reads it is what CloudTrail data events tell.');
  return made;
}

/** Where the archive is, and the keys without which nobody reads what is personal in it. */
export interface Archive {
  readonly bucket: s3.IBucket;
  readonly keys: FleetTable;
}

/** Takes every change of the ledger from its stream into the archive. */
export function ledgerArchiver(
  scope: Construct,
  parts: FunctionParts & Pick<FleetParts, 'name' | 'key'>,
  ledger: FleetTable,
  { bucket, keys }: Archive,
): lambda.Function {
  const config: ArchiverConfig = { fleet: parts.name, bucket: bucket.bucketName, agentKeysTable: keys.table.tableName };
  const archiver = bundledFunction(scope, 'LedgerArchiver', 'lambda/ledger-archiver', parts, {
    environment: { [ARCHIVER_CONFIG_VARIABLE]: Stack.of(scope).toJsonString(config) },
    timeout: Duration.minutes(1),
  });
  grantStream(archiver, ledger);
  grantTable(archiver, keys, AGENT_KEYS_MAKE_ACTIONS);
  grantArchive(archiver, bucket, bucket.encryptionKey ?? parts.key);
  const objects = findingText(Stack.of(scope).resolve(bucket.arnForObjects('*')));
  acknowledge(
    archiver.role as Construct,
    `IAM5[Resource::${objects}]`,
    'Objects are named by their number in the chain; none can be deleted.',
  );
  acknowledge(archiver.role as Construct, 'IAM5[Resource::*]', 'Which streams there are can be asked of all alone, and shows names.');
  const mapping = new lambda.EventSourceMapping(archiver, 'Changes', {
    target: archiver,
    eventSourceArn: ledger.table.tableStreamArn as string,
    startingPosition: lambda.StartingPosition.TRIM_HORIZON,
    batchSize: BATCH_SIZE,
    maxBatchingWindow: WINDOW,
    // A batch comes again, from the same record on, until it is archived: an archive that leaves something out is none.
    bisectBatchOnError: false,
    retryAttempts: -1,
  });
  // Lambda looks, when it makes the mapping, whether the role may read.
  mapping.node.addDependency(archiver.role as Construct);
  alarmOnArchiver(archiver, parts);
  return archiver;
}

function alarmOnArchiver(archiver: lambda.Function, parts: FunctionParts & Pick<FleetParts, 'name'>): void {
  const late = `changes wait for ${LATE.toHours()} hour or more; what waits for a day is lost to the archive`;
  fleetAlarm(archiver, 'LateAlarm', parts, {
    alarmDescription: `MCP fleet ledger archiver: ${late}. mcp-fleet logs lambda Archiver --stack ${Stack.of(archiver).stackName} says what it waits for.`,
    metric: archiver.metric('IteratorAge', { period: PERIOD, statistic: 'Maximum' }),
    threshold: LATE.toMilliseconds(),
    evaluationPeriods: 1,
  });
  fleetAlarm(archiver, 'ErrorsAlarm', parts, {
    alarmDescription: 'MCP fleet ledger archiver: invocations fail. Their changes come again, for a day, and are not archived until then.',
    metric: archiver.metricErrors({ period: PERIOD }),
    threshold: 1,
    evaluationPeriods: 3,
  });
  fleetAlarm(archiver, 'OutsideAlarm', parts, {
    alarmDescription: `MCP fleet ledger: rows were changed outside the protocol. mcp-fleet ledger verify --stack ${Stack.of(archiver).stackName} names them.`,
    metric: runtimeMetric(parts.name, ALL_SERVERS, 'LedgerChangesOutside', { period: PERIOD }),
    threshold: 0,
    comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
    evaluationPeriods: 1,
  });
}
