import { TABLE_SHAPES, type TableKind } from '../../core/table-shapes';
import { type FleetDescription, type Resolver, resolveFact } from '../fleet-facts';
import type { EmbeddedDynamoDb } from './embedded-dynamodb';

/**
 * Makes the tables of fleets that no stack makes: they are in an account of AWS, and begin empty here.
 * @returns their names
 */
export async function makeHandedInTables(
  fleets: readonly FleetDescription[],
  resolver: Resolver,
  dynamodb: Pick<EmbeddedDynamoDb, 'createTable' | 'hasTable' | 'beginStream'>,
): Promise<readonly string[]> {
  const made: string[] = [];
  for (const fleet of fleets) {
    for (const kind of Object.keys(TABLE_SHAPES) as TableKind[]) {
      const name: string | undefined = await resolveFact(fleet, `${kind}Table`, resolver);
      // Another version of this library may have described it.
      if (name === undefined || (await dynamodb.hasTable(name))) continue;
      await dynamodb.createTable(tableOf(kind, name));
      // Its changes go to the archive.
      if (kind === 'ledger') await dynamodb.beginStream(name);
      made.push(name);
    }
  }
  return made;
}

function tableOf(kind: TableKind, TableName: string): Parameters<EmbeddedDynamoDb['createTable']>[0] {
  const { keys, index } = TABLE_SHAPES[kind];
  return {
    TableName,
    BillingMode: 'PAY_PER_REQUEST',
    KeySchema: schemaOf(keys),
    AttributeDefinitions: [...keys, ...(index?.keys ?? [])].map(([AttributeName, AttributeType]) => ({ AttributeName, AttributeType })),
    ...(index !== undefined && {
      GlobalSecondaryIndexes: [{ IndexName: index.name, KeySchema: schemaOf(index.keys), Projection: { ProjectionType: 'KEYS_ONLY' } }],
    }),
  };
}

function schemaOf(keys: (typeof TABLE_SHAPES)[TableKind]['keys']) {
  return keys.map(([AttributeName], at) => ({ AttributeName, KeyType: at === 0 ? ('HASH' as const) : ('RANGE' as const) }));
}
