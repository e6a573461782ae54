import type { GlobalSecondaryIndex, KeySchemaElement, Projection } from '@aws-sdk/client-dynamodb';
import { unsupported } from '../account-error';

/** An index of a table, as its template declares it. */
export interface IndexProperties {
  readonly IndexName: string;
  readonly KeySchema: KeySchemaElement[];
  readonly Projection: Projection;
}

const HONOURED = ['IndexName', 'KeySchema', 'Projection'];
/** Throughput and insights mean nothing on one machine. */
const IGNORED = [
  'ContributorInsightsSpecification',
  'OnDemandThroughput',
  'ProvisionedThroughput',
  'ReadOnDemandThroughputSettings',
  'ReadProvisionedThroughputSettings',
  'WarmThroughput',
  'WriteOnDemandThroughputSettings',
  'WriteProvisionedThroughputSettings',
];
/** A partition key, and maybe a sort key; the embedded DynamoDB has no keys of several attributes. */
const KEY_SHAPES = ['HASH', 'HASH,RANGE'];

/** The index that is made. @throws LocalAccountError UNSUPPORTED that names what cannot be made */
export function indexOf(index: IndexProperties, path: string): GlobalSecondaryIndex {
  const { IndexName, KeySchema, Projection } = index;
  const of = `of the index ${IndexName} of ${path}`;
  const problems = Object.keys(index)
    .filter((property) => ![...HONOURED, ...IGNORED].includes(property))
    .map((property) => `the property ${property} ${of}`);
  const shape = KeySchema.map(({ KeyType }) => KeyType).join(',');
  if (!KEY_SHAPES.includes(shape)) problems.push(`the key (${shape}) ${of}; it has ${KEY_SHAPES.join(' and ')}`);
  if (problems.length > 0) throw unsupported(problems);
  return { IndexName, KeySchema, Projection };
}
