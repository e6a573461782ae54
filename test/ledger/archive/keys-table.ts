import type { EmbeddedDynamoDb } from '../../../local/dynamodb/embedded-dynamodb';

export const AGENT_KEYS = 'agent-keys';

/** As the template has it. */
export async function createKeysTable(dynamodb: Pick<EmbeddedDynamoDb, 'createTable'>): Promise<void> {
  await dynamodb.createTable({
    TableName: AGENT_KEYS,
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: [
      { AttributeName: 'agent', AttributeType: 'S' },
      { AttributeName: 'id', AttributeType: 'S' },
    ],
    KeySchema: [
      { AttributeName: 'agent', KeyType: 'HASH' },
      { AttributeName: 'id', KeyType: 'RANGE' },
    ],
  });
}
