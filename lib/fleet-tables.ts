import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import { UNSETTLED_INDEX } from '../core/fleet-config';
import type { TableKind } from '../core/table-shapes';
import type { McpFleetProps } from './fleet-props';
import { ALWAYS_KEPT, KEPT } from './kept';
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

/** How new tables are made. */
interface TableMaking {
  readonly key: kms.IKey;
  /** Whether nobody can delete them before it is switched off. */
  readonly isProtected: boolean;
}

/** The tables of a fleet: those that are handed in, and new ones in place of the others. */
export function fleetTables(
  scope: Construct,
  making: TableMaking,
  { ledgerTable, directoryTable, allowlistTable, agentKeysTable }: GivenTables,
): FleetTables {
  const { key } = making;
  return {
    ledger: given(ledgerTable) ?? { table: newLedger(scope, making), key },
    directory: given(directoryTable) ?? { table: newDirectory(scope, making), key },
    allowlist: given(allowlistTable) ?? { table: newAllowlist(scope, making), key },
    agentKeys: given(agentKeysTable) ?? { table: newAgentKeys(scope, making), key },
  };
}

function given(table: dynamodb.ITableV2 | undefined): FleetTable | undefined {
  if (table === undefined) return undefined;
  return { table, ...(table.encryptionKey !== undefined && { key: table.encryptionKey }) };
}

/** Idempotency record and audit trail, whose changes go to the archive: what its rows have said is kept there when they expire. */
function newLedger(scope: Construct, making: TableMaking): dynamodb.TableV2 {
  return recoverableTable(scope, 'Ledger', making, {
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
function newDirectory(scope: Construct, making: TableMaking): dynamodb.TableV2 {
  return recoverableTable(scope, 'Directory', making, {
    partitionKey: { name: 'session', type: dynamodb.AttributeType.STRING },
    timeToLiveAttribute: 'expiresAt',
  });
}

/** What each agent may use: one partition per agent. */
function newAllowlist(scope: Construct, making: TableMaking): dynamodb.TableV2 {
  return recoverableTable(scope, 'Allowlist', making, {
    partitionKey: { name: 'agent', type: dynamodb.AttributeType.STRING },
    sortKey: { name: 'entry', type: dynamodb.AttributeType.STRING },
    timeToLiveAttribute: 'expiresAt',
  });
}

/**
 * A key per agent for the archive. It has no point-in-time recovery: whoever destroys a key has to know that it is gone. Its keys never expire, and
 * nobody may delete them; one is destroyed by taking it out of its item.
 */
function newAgentKeys(scope: Construct, making: TableMaking): dynamodb.TableV2 {
  const table = safeTable(scope, 'AgentKeys', making, {
    partitionKey: { name: 'agent', type: dynamodb.AttributeType.STRING },
    sortKey: { name: 'id', type: dynamodb.AttributeType.STRING },
    pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: false },
  });
  acknowledge(table, 'DDB3', 'A backup would bring back keys that were destroyed, and with them what was shredded.');
  return table;
}

function recoverableTable(scope: Construct, id: string, making: TableMaking, props: dynamodb.TablePropsV2): dynamodb.TableV2 {
  return safeTable(scope, id, making, { ...props, pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true } });
}

function safeTable(scope: Construct, id: string, { key, isProtected }: TableMaking, props: dynamodb.TablePropsV2): dynamodb.TableV2 {
  const table = new dynamodb.TableV2(scope, id, {
    ...props,
    billing: dynamodb.Billing.onDemand(),
    deletionProtection: isProtected,
    // CloudFormation cannot delete a protected one either, not even one that a failed deployment has made.
    removalPolicy: isProtected ? ALWAYS_KEPT : KEPT,
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
