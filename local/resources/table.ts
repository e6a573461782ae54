import type { CreateTableCommandInput, KeySchemaElement } from '@aws-sdk/client-dynamodb';
import { arn, attributes, type Provisioner } from './provisioner';
import { type IndexProperties, indexOf } from './table-index';

/** AWS::DynamoDB::GlobalTable and AWS::DynamoDB::Table, as far as they are read. */
interface TableProperties {
  readonly TableName?: string;
  readonly KeySchema: KeySchemaElement[];
  readonly AttributeDefinitions: CreateTableCommandInput['AttributeDefinitions'];
  readonly GlobalSecondaryIndexes?: readonly IndexProperties[];
  readonly LocalSecondaryIndexes?: readonly IndexProperties[];
  readonly StreamSpecification?: unknown;
}

export const table: Provisioner<TableProperties> = {
  phase: 'tables',
  noun: ['table', 'tables'],
  honours: ['TableName', 'KeySchema', 'AttributeDefinitions', 'GlobalSecondaryIndexes', 'LocalSecondaryIndexes'],
  // Items past their TTL stay: AWS deletes them within days as well, and every reader has to compare the expiry itself.
  ignores: [
    'BillingMode',
    'Replicas',
    'SSESpecification',
    'StreamSpecification',
    'TimeToLiveSpecification',
    'PointInTimeRecoverySpecification',
    'DeletionProtectionEnabled',
    'ProvisionedThroughput',
    'WriteProvisionedThroughputSettings',
    'WriteOnDemandThroughputSettings',
    'ReadProvisionedThroughputSettings',
    'ReadOnDemandThroughputSettings',
    'WarmThroughput',
    'ContributorInsightsSpecification',
    'TableClass',
    'OnDemandThroughput',
    'ResourcePolicy',
    'KinesisStreamSpecification',
    'MultiRegionConsistency',
    'GlobalTableWitnesses',
  ],
  create: async ({ properties, stack, generatedName, path }, { dynamodb }) => {
    const { TableName = generatedName, KeySchema, AttributeDefinitions } = properties;
    await dynamodb.createTable({
      TableName,
      KeySchema,
      AttributeDefinitions,
      BillingMode: 'PAY_PER_REQUEST',
      ...(properties.GlobalSecondaryIndexes && {
        GlobalSecondaryIndexes: properties.GlobalSecondaryIndexes.map((index) => indexOf(index, path)),
      }),
      ...(properties.LocalSecondaryIndexes && {
        LocalSecondaryIndexes: properties.LocalSecondaryIndexes.map((index) => indexOf(index, path)),
      }),
    });
    const Arn = arn(stack, 'dynamodb', `table/${TableName}`);
    return { ref: TableName, attribute: attributes({ Arn, TableId: TableName, StreamArn: `${Arn}/stream/1970-01-01T00:00:00.000` }) };
  },
};
