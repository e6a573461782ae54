import { isDeepStrictEqual } from 'node:util';
import type { CreateTableCommandInput, KeySchemaElement } from '@aws-sdk/client-dynamodb';
import { LocalAccountError } from '../account-error';
import type { Stack } from '../assembly/cloud-assembly';
import { arn, attributes, type Created, type Provisioner } from './provisioner';
import { type IndexProperties, indexOf } from './table-index';

/** AWS::DynamoDB::GlobalTable and AWS::DynamoDB::Table, as far as they are read. */
interface TableProperties {
  readonly TableName?: string;
  readonly KeySchema: KeySchemaElement[];
  readonly AttributeDefinitions: CreateTableCommandInput['AttributeDefinitions'];
  readonly GlobalSecondaryIndexes?: readonly IndexProperties[];
  readonly LocalSecondaryIndexes?: readonly IndexProperties[];
  readonly StreamSpecification?: { readonly StreamViewType?: string };
}

/** What records of a stream hold. */
const WHOLE = 'NEW_AND_OLD_IMAGES';

export const table: Provisioner<TableProperties> = {
  phase: 'tables',
  noun: ['table', 'tables'],
  honours: ['TableName', 'KeySchema', 'AttributeDefinitions', 'GlobalSecondaryIndexes', 'LocalSecondaryIndexes', 'StreamSpecification'],
  // Items past their TTL stay: AWS deletes them within days as well, and every reader has to compare the expiry itself.
  ignores: [
    'BillingMode',
    'Replicas',
    'SSESpecification',
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
  survives: true,
  problems: ({ StreamSpecification }, path) => {
    const { StreamViewType: type = WHOLE } = StreamSpecification ?? {};
    return type === WHOLE ? [] : [`the StreamViewType ${type} of ${path}; it has ${WHOLE}`];
  },
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
    if (properties.StreamSpecification) await dynamodb.beginStream(TableName);
    return describe(TableName, stack);
  },
  update: async ({ properties, stack }, { ref }, { dynamodb }) => {
    if (properties.StreamSpecification) await dynamodb.beginStream(ref);
    return describe(ref, stack);
  },
  unchangeable: (after, before, path) => {
    // A table of another key, or with other local indexes, is another table, which is made with its own indexes.
    if (
      ['KeySchema', 'LocalSecondaryIndexes', 'TableName'].some(
        (name) => !isDeepStrictEqual(Reflect.get(after, name), Reflect.get(before, name)),
      )
    )
      return [];
    if (isDeepStrictEqual(indexesOf(after), indexesOf(before))) return [];
    return [`a change of the indexes of the table ${path}: the embedded DynamoDB makes them with their table only`];
  },
  delete: async ({ ref, resource, path }, { dynamodb }) => {
    if (isProtected(resource.Properties ?? {}))
      throw new LocalAccountError('REFUSED', `The table ${ref} (${path}) has deletion protection; deploy it without first.`);
    await dynamodb.deleteTable(ref);
  },
};

function indexesOf({ GlobalSecondaryIndexes = [] }: TableProperties): unknown {
  return Object.fromEntries(GlobalSecondaryIndexes.map(({ IndexName, KeySchema, Projection }) => [IndexName, { KeySchema, Projection }]));
}

/** A global table is protected where its replica in this region is. */
function isProtected({ DeletionProtectionEnabled, Replicas }: Readonly<Record<string, unknown>>): boolean {
  const replicas = Array.isArray(Replicas) ? (Replicas as readonly { readonly DeletionProtectionEnabled?: unknown }[]) : [];
  return [DeletionProtectionEnabled, ...replicas.map((replica) => replica.DeletionProtectionEnabled)].some(
    (flag) => String(flag) === 'true',
  );
}

function describe(name: string, stack: Stack): Created {
  const Arn = arn(stack, 'dynamodb', `table/${name}`);
  return { ref: name, attribute: attributes({ Arn, TableId: name, StreamArn: `${Arn}/stream/1970-01-01T00:00:00.000` }) };
}
