import { ArnFormat, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import type * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import type { FleetTable } from './fleet-tables';

/** Every IAM action that the constructs grant is named here and nowhere else. */

/**
 * Ledger, for the gateway: claim, settle, look up, and append rows in batches. No delete in any form: neither `DeleteItem` nor
 * `BatchWriteItem` (whose delete requests need no other permission) nor transactions; of PartiQL the one that never overwrites.
 */
export const LEDGER_ACTIONS = ['dynamodb:GetItem', 'dynamodb:PartiQLInsert', 'dynamodb:PutItem', 'dynamodb:UpdateItem'];
/** Ledger, for the janitor: a look at one row, and its end. No put: it begins no call. */
export const LEDGER_END_ACTIONS = ['dynamodb:GetItem', 'dynamodb:UpdateItem'];
/** Index of the ledger, for the janitor. */
export const INDEX_READ_ACTIONS = ['dynamodb:Query'];
/** Stream of the ledger, for the archiver: it reads what was written, and has no way to write. */
export const STREAM_READ_ACTIONS = ['dynamodb:DescribeStream', 'dynamodb:GetRecords', 'dynamodb:GetShardIterator'];
/**
 * Which streams there are, for the same: Lambda makes no event source mapping without it (Lambda Developer Guide, "Process DynamoDB records with
 * Lambda"). It shows names alone, and knows no resource (Service Authorization Reference).
 */
export const STREAM_LIST_ACTIONS = ['dynamodb:ListStreams'];
/** Objects of the archive, for the archiver: no delete, no retention, no bypass. */
export const ARCHIVE_OBJECT_ACTIONS = ['s3:GetObject', 's3:GetObjectVersion', 's3:PutObject'];
/** The archive's bucket, for the archiver: which object is the newest, and which of its versions was put first. */
export const ARCHIVE_LIST_ACTIONS = ['s3:ListBucket', 's3:ListBucketVersions'];
/** What S3 does with a bucket's key on behalf of the caller (S3 User Guide, "Using server-side encryption with AWS KMS keys"). */
export const BUCKET_KEY_ACTIONS = ['kms:Decrypt', 'kms:GenerateDataKey'];
/** Keys of agents, for the archiver: the one statement that makes a key can neither replace one nor delete one. */
export const AGENT_KEYS_MAKE_ACTIONS = ['dynamodb:PartiQLInsert', 'dynamodb:Query'];
/** Keys of agents, for who reads the archive. */
export const AGENT_KEYS_READ_ACTIONS = ['dynamodb:Query'];
/** Keys of agents, for who destroys them. */
export const AGENT_KEYS_SHRED_ACTIONS = ['dynamodb:Query', 'dynamodb:UpdateItem'];
/** Session directory, for the gateway: a closed session's item is marked, and goes by its time to live. */
export const DIRECTORY_ACTIONS = ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem'];
/** Allowlist, for the authorizer: all rows of one agent. */
export const ALLOWLIST_READ_ACTIONS = ['dynamodb:Query'];
/** The item in which gateway replicas count what they reach, for the authorizer. */
export const SIGHTINGS_READ_ACTIONS = ['dynamodb:GetItem'];
/** The item of an operator's orders in the allowlist's table, for the gateway: it obeys, and cannot lift what was ordered. */
export const ORDERS_READ_ACTIONS = ['dynamodb:GetItem'];
/** The same item, for an operator: a freeze is written and lifted, and told. */
export const ORDERS_ACTIONS = ['dynamodb:GetItem', 'dynamodb:UpdateItem'];
/** The list of servers of other stacks in the same table, for the gateway. */
export const SERVERS_READ_ACTIONS = ['dynamodb:GetItem', 'dynamodb:Query'];
/** The same, for the janitor, and for operators. */
export const SERVER_NAMES_READ_ACTIONS = ['dynamodb:Query'];
/** The same, for allowlist-sync: a name and a place are taken by whoever comes first. */
export const SERVERS_WRITE_ACTIONS = ['dynamodb:DeleteItem', 'dynamodb:PutItem', 'dynamodb:Query', 'dynamodb:UpdateItem'];
/** Allowlist, for an operator: what is frozen is named as grants name it. */
export const ALLOWLIST_SCAN_ACTIONS = ['dynamodb:Scan'];
/** Ledger, for who reads it: rows by key, calls without an index, and those that stand as unknown. */
export const LEDGER_READ_ACTIONS = ['dynamodb:BatchGetItem', 'dynamodb:GetItem', 'dynamodb:Scan'];
/** Ledger, for an operator who says what became of a call. */
export const LEDGER_RESOLVE_ACTIONS = ['dynamodb:UpdateItem'];
/** Archive, for who reads the ledger: what was archived first, whatever was done to it since. */
export const ARCHIVE_READ_OBJECT_ACTIONS = ['s3:GetObjectVersion'];
export const ARCHIVE_READ_LIST_ACTIONS = ['s3:ListBucketVersions'];
/** Allowlist, for an operator who cuts an agent off. */
export const ALLOWLIST_DENY_ACTIONS = ['dynamodb:DeleteItem', 'dynamodb:PutItem'];
/** Directory, for an operator: who holds which session. */
export const DIRECTORY_SCAN_ACTIONS = ['dynamodb:Scan'];
/** The item of the directory by which gateways hear of a revocation, for an operator. */
export const REVOCATIONS_ACTIONS = ['dynamodb:GetItem', 'dynamodb:UpdateItem'];
/** The stack, for an operator: where the fleet is, what it is told, and what it was made as. */
export const STACK_READ_ACTIONS = ['cloudformation:DescribeStacks', 'cloudformation:GetTemplate'];
export const STACK_RESOURCES_ACTIONS = ['cloudformation:ListStackResources'];
/** Services and tasks of the cluster, for an operator. */
export const SERVICES_READ_ACTIONS = ['ecs:DescribeServices'];
export const TASKS_READ_ACTIONS = ['ecs:DescribeTasks'];
/** Takes no resource but a container instance; its cluster is a condition (Service Authorization Reference, ECS). */
export const TASKS_LIST_ACTIONS = ['ecs:ListTasks'];
/** What a fleet writes, for an operator. */
export const LOGS_READ_ACTIONS = ['logs:FilterLogEvents'];
/** What a reader of a table needs of its key. */
export const TABLE_READ_KEY_ACTIONS = ['kms:Decrypt', 'kms:DescribeKey'];
/** Allowlist, for allowlist-sync: look at what is there, put the grants of all agents, delete those that are gone. */
export const ALLOWLIST_SYNC_ACTIONS = ['dynamodb:BatchWriteItem', 'dynamodb:Query', 'dynamodb:Scan'];
/** The file of grants, for allowlist-sync: the one object that the template names. */
export const GRANTS_READ_ACTIONS = ['s3:GetObject'];
/** All tables, for the gateway when it starts: one that was handed in may be another. */
export const TABLE_LOOK_ACTIONS = ['dynamodb:DescribeTable'];
/** Task role of a server: scale-in protection, and which deployment started a task. */
export const OWN_TASK_ACTIONS = ['ecs:DescribeTasks', 'ecs:UpdateTaskProtection'];
/** Task role of a server: which deployment of a service is the present one. */
export const OWN_SERVICE_ACTIONS = ['ecs:DescribeServices'];
/** Gateway: seal key, gateway–sidecar keys, and what it shows to servers. */
export const SECRET_READ_ACTIONS = ['secretsmanager:GetSecretValue'];
/** Key rotation: make the next version of a key and put it in the place of the present one. */
export const SECRET_ROTATION_ACTIONS = [
  'secretsmanager:DescribeSecret',
  'secretsmanager:GetSecretValue',
  'secretsmanager:PutSecretValue',
  'secretsmanager:UpdateSecretVersionStage',
];
/** Gateway: ask the authorizer. */
export const AUTHORIZER_INVOKE_ACTIONS = ['lambda:InvokeFunction'];

/** What DynamoDB does with a table's key on behalf of the caller (DynamoDB Developer Guide, "AWS managed key and customer managed key"). */
export const TABLE_KEY_ACTIONS = [
  'kms:Decrypt',
  'kms:DescribeKey',
  'kms:Encrypt',
  'kms:GenerateDataKey',
  'kms:ReEncryptFrom',
  'kms:ReEncryptTo',
];
/** What a reader of a stream needs of its table's key. */
export const STREAM_KEY_ACTIONS = ['kms:Decrypt'];
/** CloudWatch Logs, with the key of a log group (CloudWatch Logs User Guide, "Encrypt log data using AWS KMS"). */
export const LOGS_KEY_ACTIONS = ['kms:Decrypt', 'kms:DescribeKey', 'kms:Encrypt', 'kms:GenerateDataKey*', 'kms:ReEncrypt*'];
export const SECRET_KEY_ACTIONS = ['kms:Decrypt'];
/** To write a secret, its key makes a data key. */
export const SECRET_WRITE_KEY_ACTIONS = ['kms:Decrypt', 'kms:GenerateDataKey'];

/** Lets `grantee` use a table by exactly these actions, and its key through DynamoDB only. */
export function grantTable(grantee: iam.IGrantable, { table, key }: FleetTable, actions: string[], keyActions?: string[]): void {
  iam.Grant.addToPrincipal({ grantee, actions, resourceArns: [table.tableArn] });
  grantTableKey(grantee, key, keyActions);
}

/** Lets `grantee` do exactly these actions on one item of a table, and use its key through DynamoDB only. */
export function grantItem(
  grantee: iam.IGrantable,
  { table, key }: FleetTable,
  partition: string,
  actions: string[],
  keyActions = TABLE_KEY_ACTIONS,
): void {
  const conditions = { 'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': [partition] } };
  iam.Grant.addToPrincipal({ grantee, actions, resourceArns: [table.tableArn], conditions });
  grantTableKey(grantee, key, keyActions);
}

/** Lets `grantee` use one index of a table by exactly these actions; the table's key comes with {@link grantTable}. */
export function grantIndex(grantee: iam.IGrantable, { table }: FleetTable, index: string, actions: string[]): void {
  iam.Grant.addToPrincipal({ grantee, actions, resourceArns: [`${table.tableArn}/index/${index}`] });
}

/** Lets `grantee` look how tables are made; of what is in them that shows nothing. */
export function grantLook(grantee: iam.IGrantable, tables: readonly FleetTable[]): void {
  iam.Grant.addToPrincipal({ grantee, actions: TABLE_LOOK_ACTIONS, resourceArns: tables.map(({ table }) => table.tableArn) });
}

/** Lets `grantee` read the stream of a table, and nothing of the table itself. */
export function grantStream(grantee: iam.IGrantable, { table, key }: FleetTable): void {
  iam.Grant.addToPrincipal({ grantee, actions: STREAM_READ_ACTIONS, resourceArns: [table.tableStreamArn as string] });
  iam.Grant.addToPrincipal({ grantee, actions: STREAM_LIST_ACTIONS, resourceArns: ['*'] });
  if (key !== undefined) grantKey(grantee, key, STREAM_KEY_ACTIONS, 'dynamodb');
}

/** Lets `grantee` put objects into the archive and read them, and use its key through S3 only. */
export function grantArchive(grantee: iam.IGrantable, bucket: s3.IBucket, key: kms.IKey): void {
  iam.Grant.addToPrincipal({ grantee, actions: ARCHIVE_OBJECT_ACTIONS, resourceArns: [bucket.arnForObjects('*')] });
  iam.Grant.addToPrincipal({ grantee, actions: ARCHIVE_LIST_ACTIONS, resourceArns: [bucket.bucketArn] });
  grantKey(grantee, key, BUCKET_KEY_ACTIONS, 's3');
}

/**
 * Lets `grantee` read one object of a bucket of assets. A key that `cdk bootstrap` has made for that bucket lets everybody in the account use it
 * through S3.
 */
export function grantObject(grantee: iam.IGrantable, stack: Stack, bucket: string, key: string): void {
  const arn = stack.formatArn({ service: 's3', region: '', account: '', resource: bucket, resourceName: key });
  iam.Grant.addToPrincipal({ grantee, actions: GRANTS_READ_ACTIONS, resourceArns: [arn] });
}

/** Lets `grantee` read what is archived, in all of its versions, and use its key through S3 only. */
export function grantArchiveRead(grantee: iam.IGrantable, bucket: s3.IBucket, key: kms.IKey): void {
  iam.Grant.addToPrincipal({ grantee, actions: ARCHIVE_READ_OBJECT_ACTIONS, resourceArns: [bucket.arnForObjects('*')] });
  iam.Grant.addToPrincipal({ grantee, actions: ARCHIVE_READ_LIST_ACTIONS, resourceArns: [bucket.bucketArn] });
  grantKey(grantee, key, SECRET_KEY_ACTIONS, 's3');
}

function grantTableKey(grantee: iam.IGrantable, key: kms.IKey | undefined, actions = TABLE_KEY_ACTIONS): void {
  if (key !== undefined) grantKey(grantee, key, actions, 'dynamodb');
}

/** Lets `grantee` read a secret's value, and use its key through Secrets Manager only. */
export function grantSecret(grantee: iam.IGrantable, secret: secretsmanager.ISecret, key: kms.IKey): void {
  iam.Grant.addToPrincipal({ grantee, actions: SECRET_READ_ACTIONS, resourceArns: [secret.secretArn] });
  grantKey(grantee, key, SECRET_KEY_ACTIONS, 'secretsmanager');
}

/** Lets `grantee` rotate a secret, and use its key through Secrets Manager only. */
export function grantSecretRotation(grantee: iam.IGrantable, secret: secretsmanager.ISecret, key: kms.IKey): void {
  iam.Grant.addToPrincipal({ grantee, actions: SECRET_ROTATION_ACTIONS, resourceArns: [secret.secretArn] });
  grantKey(grantee, key, SECRET_WRITE_KEY_ACTIONS, 'secretsmanager');
}

/**
 * Tag of secrets that the gateway of a fleet reads though they stand in other stacks, and of log groups that its operators read; its value is the
 * name of the fleet.
 */
export const FLEET_TAG = 'cdk-mcp-fleet:fleet';

/** Lets `grantee` do something with secrets of other stacks, by their tag: one statement, however many there are. @returns what it is granted on */
export function grantTaggedSecrets(grantee: iam.IGrantable, stack: Stack, fleet: string, actions: string[]): string {
  const all = stack.formatArn({
    service: 'secretsmanager',
    resource: 'secret',
    resourceName: '*',
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  });
  iam.Grant.addToPrincipal({ grantee, actions, resourceArns: [all], conditions: ofFleet(fleet) });
  return all;
}

/** Lets `grantee` do something with log groups of a fleet, in whatever stack, by their tag. @returns what it is granted on */
export function grantTaggedLogs(grantee: iam.IGrantable, stack: Stack, fleet: string, actions: string[]): string {
  const all = stack.formatArn({ service: 'logs', resource: 'log-group', resourceName: '*', arnFormat: ArnFormat.COLON_RESOURCE_NAME });
  iam.Grant.addToPrincipal({ grantee, actions, resourceArns: [all], conditions: ofFleet(fleet) });
  return all;
}

function ofFleet(fleet: string): Record<string, Record<string, string>> {
  return { StringEquals: { [`aws:ResourceTag/${FLEET_TAG}`]: fleet } };
}

/** As {@link grantSecret}, of a secret of the company's own, which may have a key of its own, and of which perhaps only the name is known. */
export function grantOwnSecret(grantee: iam.IGrantable, secret: secretsmanager.ISecret): void {
  // Secrets Manager ends an ARN in six characters of its own.
  const arn = secret.secretFullArn ?? `${secret.secretArn}-??????`;
  iam.Grant.addToPrincipal({ grantee, actions: SECRET_READ_ACTIONS, resourceArns: [arn] });
  if (secret.encryptionKey !== undefined) grantKey(grantee, secret.encryptionKey, SECRET_KEY_ACTIONS, 'secretsmanager');
}

function grantKey(grantee: iam.IGrantable, key: kms.IKey, actions: string[], service: string): void {
  const viaService = `${service}.${Stack.of(key).region}.amazonaws.com`;
  iam.Grant.addToPrincipal({
    grantee,
    actions,
    resourceArns: [key.keyArn],
    conditions: { StringEquals: { 'kms:ViaService': viaService } },
  });
}
