import type { GetItemOutput } from '@aws-sdk/client-dynamodb';
import { SIGHTINGS_KEY, type Sightings } from '../core/sightings';
import type { TableClient } from '../ledger/table/table-client';
import { requireVariable } from './environment';

/** Reads for a gateway that may not reach the directory's table itself; the role allows this one item and no session. */
export async function readSightings(tables: Pick<TableClient, 'getItem'>): Promise<Sightings> {
  const { Item } = await tables.getItem({
    TableName: requireVariable('DIRECTORY_TABLE'),
    Key: { session: { S: SIGHTINGS_KEY } },
    ConsistentRead: true,
  });
  return { tables: countIn(Item, 'tables'), authorizer: countIn(Item, 'authorizer') };
}

/** Absent until somebody has counted. */
function countIn(item: GetItemOutput['Item'], name: keyof Sightings): number {
  const value = item?.[name];
  if (value === undefined) return 0;
  const count = Number(value.N ?? Number.NaN);
  if (Number.isNaN(count)) throw new TypeError(`${name} of the item "${SIGHTINGS_KEY}" must be a number; got ${JSON.stringify(value)}`);
  return count;
}
