import { Stack } from 'aws-cdk-lib';
import type * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';

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
/** Session directory, for the gateway: a closed session's item goes. */
export const DIRECTORY_ACTIONS = ['dynamodb:DeleteItem', 'dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem'];
/** Allowlist, for the authorizer: all rows of one agent. */
export const ALLOWLIST_READ_ACTIONS = ['dynamodb:Query'];
/** The item in which gateway replicas count what they reach, for the authorizer. */
export const SIGHTINGS_READ_ACTIONS = ['dynamodb:GetItem'];
/** Allowlist, for allowlist-sync: put the grants of one agent, delete those that are gone. */
export const ALLOWLIST_SYNC_ACTIONS = ['dynamodb:DeleteItem', 'dynamodb:PutItem', 'dynamodb:Query'];
/** Task role of a server: scale-in protection, nothing else. */
export const TASK_PROTECTION_ACTIONS = ['ecs:GetTaskProtection', 'ecs:UpdateTaskProtection'];
/** Gateway: seal key and gateway–sidecar keys. */
export const SECRET_READ_ACTIONS = ['secretsmanager:GetSecretValue'];
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
export const SECRET_KEY_ACTIONS = ['kms:Decrypt'];

/** Lets `grantee` use a table by exactly these actions, and its key through DynamoDB only. */
export function grantTable(grantee: iam.IGrantable, table: dynamodb.ITableV2, key: kms.IKey, actions: string[]): void {
  iam.Grant.addToPrincipal({ grantee, actions, resourceArns: [table.tableArn] });
  grantKey(grantee, key, TABLE_KEY_ACTIONS, 'dynamodb');
}

/** Lets `grantee` do exactly these actions on one item of a table, and use its key through DynamoDB only. */
export function grantItem(grantee: iam.IGrantable, table: dynamodb.ITableV2, partition: string, key: kms.IKey, actions: string[]): void {
  const conditions = { 'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': [partition] } };
  iam.Grant.addToPrincipal({ grantee, actions, resourceArns: [table.tableArn], conditions });
  grantKey(grantee, key, TABLE_KEY_ACTIONS, 'dynamodb');
}

/** Lets `grantee` use one index of a table by exactly these actions; the table's key comes with {@link grantTable}. */
export function grantIndex(grantee: iam.IGrantable, table: dynamodb.ITableV2, index: string, actions: string[]): void {
  iam.Grant.addToPrincipal({ grantee, actions, resourceArns: [`${table.tableArn}/index/${index}`] });
}

/** Lets `grantee` read a secret's value, and use its key through Secrets Manager only. */
export function grantSecret(grantee: iam.IGrantable, secret: secretsmanager.ISecret, key: kms.IKey): void {
  iam.Grant.addToPrincipal({ grantee, actions: SECRET_READ_ACTIONS, resourceArns: [secret.secretArn] });
  grantKey(grantee, key, SECRET_KEY_ACTIONS, 'secretsmanager');
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
