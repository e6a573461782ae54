import type { CreateTableCommandInput } from '@aws-sdk/client-dynamodb';
import { describe, expect, test } from '@jest/globals';
import type { Machinery } from '../../../local/machinery';
import { table } from '../../../local/resources/table';

async function create(index: Record<string, unknown>): Promise<CreateTableCommandInput | undefined> {
  const made: CreateTableCommandInput[] = [];
  const request = {
    properties: { KeySchema: [], AttributeDefinitions: [], GlobalSecondaryIndexes: [{ ...INDEX, ...index }] },
    stack: { name: 'Shop', region: 'us-east-1', account: '000000000000' },
    generatedName: 'Shop-Ledger',
    path: 'Shop/Ledger',
  } as unknown as Parameters<typeof table.create>[0];
  const createTable = async (input: CreateTableCommandInput) => void made.push(input);
  await table.create(request, { dynamodb: { createTable } } as unknown as Machinery);
  return made[0];
}

const hash = (AttributeName: string) => ({ AttributeName, KeyType: 'HASH' });
const INDEX = {
  IndexName: 'unsettled',
  KeySchema: [hash('unsettled'), { AttributeName: 'leaseUntil', KeyType: 'RANGE' }],
  Projection: { ProjectionType: 'KEYS_ONLY' },
};

describe('an index of a table', () => {
  test('is made as the template says, without what means nothing on one machine', async () => {
    const { GlobalSecondaryIndexes } = (await create({ WarmThroughput: { ReadUnitsPerSecond: 1 } })) as CreateTableCommandInput;
    expect(GlobalSecondaryIndexes).toEqual([INDEX]);
  });

  test.each([
    [{ VectorConfiguration: {} }, 'the property VectorConfiguration of the index unsettled of Shop/Ledger'],
    [{ KeySchema: [hash('server'), hash('state')] }, 'the key (HASH,HASH) of the index unsettled of Shop/Ledger'],
  ])('that cannot be made is refused by name: %j', async (index, message) => {
    await expect(create(index)).rejects.toMatchObject({ code: 'UNSUPPORTED', message: expect.stringContaining(message) });
  });
});
