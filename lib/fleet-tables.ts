import { RemovalPolicy } from 'aws-cdk-lib';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import { UNSETTLED_INDEX } from '../core/fleet-config';

/** Idempotency record and audit trail. Its rows have no expiry: an audit trail does not forget by itself. */
export function ledgerTable(scope: Construct, key: kms.IKey): dynamodb.TableV2 {
  return safeTable(scope, 'Ledger', key, {
    partitionKey: { name: 'pk', type: dynamodb.AttributeType.STRING },
    dynamoStream: dynamodb.StreamViewType.NEW_AND_OLD_IMAGES,
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
export function directoryTable(scope: Construct, key: kms.IKey): dynamodb.TableV2 {
  return safeTable(scope, 'Directory', key, {
    partitionKey: { name: 'session', type: dynamodb.AttributeType.STRING },
    timeToLiveAttribute: 'expiresAt',
  });
}

/** What each agent may use: one partition per agent. */
export function allowlistTable(scope: Construct, key: kms.IKey): dynamodb.TableV2 {
  return safeTable(scope, 'Allowlist', key, {
    partitionKey: { name: 'agent', type: dynamodb.AttributeType.STRING },
    sortKey: { name: 'entry', type: dynamodb.AttributeType.STRING },
    timeToLiveAttribute: 'expiresAt',
  });
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
