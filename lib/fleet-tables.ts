import { RemovalPolicy } from 'aws-cdk-lib';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import { UNSETTLED_INDEX } from '../core/fleet-config';
import type { TableKind } from '../core/table-shapes';
import type { McpFleetProps } from './fleet-props';
import { acknowledge } from './nag';

/** One of a fleet's tables. */
export interface FleetTable {
  readonly table: dynamodb.ITableV2;
  /** What it is encrypted by; absent for a key of AWS's own. */
  readonly key?: kms.IKey;
}

export type FleetTables = Readonly<Record<TableKind, FleetTable>>;

/** Tables that are handed in. */
export type GivenTables = Pick<McpFleetProps, 'ledgerTable' | 'directoryTable' | 'allowlistTable' | 'agentKeysTable'>;

/** The tables of a fleet: those that are handed in, and new ones in place of the others. */
export function fleetTables(
  scope: Construct,
  key: kms.IKey,
  { ledgerTable, directoryTable, allowlistTable, agentKeysTable }: GivenTables,
): FleetTables {
  return {
    ledger: given(ledgerTable) ?? { table: newLedger(scope, key), key },
    directory: given(directoryTable) ?? { table: newDirectory(scope, key), key },
    allowlist: given(allowlistTable) ?? { table: newAllowlist(scope, key), key },
    agentKeys: given(agentKeysTable) ?? { table: newAgentKeys(scope, key), key },
  };
}

function given(table: dynamodb.ITableV2 | undefined): FleetTable | undefined {
  if (table === undefined) return undefined;
  return { table, ...(table.encryptionKey !== undefined && { key: table.encryptionKey }) };
}

/** Idempotency record and audit trail, whose changes go to the archive: what its rows have said is kept there when they expire. */
function newLedger(scope: Construct, key: kms.IKey): dynamodb.TableV2 {
  return safeTable(scope, 'Ledger', key, {
    partitionKey: { name: 'pk', type: dynamodb.AttributeType.STRING },
    dynamoStream: dynamodb.StreamViewType.NEW_AND_OLD_IMAGES,
    timeToLiveAttribute: 'expiresAt',
    // Settled rows have no `unsettled`: it holds what is open or unknown, and stays small however large the table grows.
    globalSecondaryIndexes: [
      {
        indexName: UNSETTLED_INDEX,
        partitionKey: { name: 'unsettled', type: dynamodb.AttributeType.STRING },
        sortKey: { name: 'leaseUntil', type: dynamodb.AttributeType.NUMBER },
        projectionType: dynamodb.ProjectionType.KEYS_ONLY,
      },
    ],
  });
}

/** One item per session. */
function newDirectory(scope: Construct, key: kms.IKey): dynamodb.TableV2 {
  return safeTable(scope, 'Directory', key, {
    partitionKey: { name: 'session', type: dynamodb.AttributeType.STRING },
    timeToLiveAttribute: 'expiresAt',
  });
}

/** What each agent may use: one partition per agent. */
function newAllowlist(scope: Construct, key: kms.IKey): dynamodb.TableV2 {
  return safeTable(scope, 'Allowlist', key, {
    partitionKey: { name: 'agent', type: dynamodb.AttributeType.STRING },
    sortKey: { name: 'entry', type: dynamodb.AttributeType.STRING },
    timeToLiveAttribute: 'expiresAt',
  });
}

/**
 * A key per agent for the archive. It has no point-in-time recovery: whoever destroys a key has to know that it is gone. Its keys never expire, and
 * nobody may delete them; one is destroyed by taking it out of its item.
 */
function newAgentKeys(scope: Construct, key: kms.IKey): dynamodb.TableV2 {
  const table = new dynamodb.TableV2(scope, 'AgentKeys', {
    partitionKey: { name: 'agent', type: dynamodb.AttributeType.STRING },
    sortKey: { name: 'id', type: dynamodb.AttributeType.STRING },
    billing: dynamodb.Billing.onDemand(),
    pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: false },
    deletionProtection: true,
    removalPolicy: RemovalPolicy.RETAIN,
  });
  encrypt(table, key);
  acknowledge(table, 'DDB3', 'A backup would bring back keys that were destroyed, and with them what was shredded.');
  return table;
}

function safeTable(scope: Construct, id: string, key: kms.IKey, props: dynamodb.TablePropsV2): dynamodb.TableV2 {
  const table = new dynamodb.TableV2(scope, id, {
    ...props,
    billing: dynamodb.Billing.onDemand(),
    pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
    deletionProtection: true,
    removalPolicy: RemovalPolicy.RETAIN,
  });
  encrypt(table, key);
  return table;
}

/** `TableEncryptionV2.customerManagedKey` cannot serve a stack without a fixed region, so the key is written into the resource. */
function encrypt(table: dynamodb.TableV2, key: kms.IKey): void {
  const resource = table.node.defaultChild as dynamodb.CfnGlobalTable;
  resource.sseSpecification = { sseEnabled: true, sseType: 'KMS' };
  resource.addPropertyOverride('Replicas.0.SSESpecification.KMSMasterKeyId', key.keyArn);
}
