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
  return { tables: Number(Item?.tables?.N ?? 0), authorizer: Number(Item?.authorizer?.N ?? 0) };
}
