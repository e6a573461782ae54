import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { clientSettings, FUNCTION_TABLE_LIMITS } from '../core/aws-limits';
import { SIGHTINGS_KEY, type Sightings } from '../core/sightings';
import { requireVariable } from './environment';

const client = new DynamoDBClient(clientSettings(FUNCTION_TABLE_LIMITS));

/** Reads for a gateway that may not reach the directory's table itself; the role allows this one item and no session. */
export async function readSightings(): Promise<Sightings> {
  const { Item } = await client.send(
    new GetItemCommand({
      TableName: requireVariable('DIRECTORY_TABLE'),
      Key: { session: { S: SIGHTINGS_KEY } },
      ConsistentRead: true,
    }),
  );
  return { tables: Number(Item?.tables?.N ?? 0), authorizer: Number(Item?.authorizer?.N ?? 0) };
}
