import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { expressionOf, type RowStep, updateOf } from './expressions';
import { attributesOf, itemOf, rowOf } from './item';
import { CONDITIONS, type WriteCondition } from './protocol';
import type { LedgerRow } from './row';
import type { Item } from './table/rows';
import type { TableClient } from './table/table-client';

/** A write whose condition did not hold, and what stands there; absent where nobody has told. */
export interface Refused {
  readonly standing?: LedgerRow;
}

/** Puts rows where none stand, in whatever company. */
export interface Appending {
  append(item: Item): Promise<void>;
}

/** The rows of the ledger: written on conditions one by one, and read consistently. Errors are the table client's. */
export class LedgerTable {
  /** @param appending who writes rows that only append; without it each is written alone */
  constructor(
    private readonly client: TableClient,
    private readonly name: string,
    private readonly appending?: Appending,
  ) {}

  /** The row as it stands now. */
  async read(pk: string): Promise<LedgerRow | undefined> {
    const { Item } = await this.client.getItem({ TableName: this.name, Key: attributesOf({ pk }), ConsistentRead: true });
    return Item === undefined ? undefined : rowOf(Item);
  }

  /** Writes a row that nobody else can ever claim. */
  async append(row: LedgerRow): Promise<void> {
    if (this.appending !== undefined) return this.appending.append(itemOf(row));
    await this.put(row, CONDITIONS.begin());
  }

  /** Writes a whole row; undefined when it was done. */
  async put(row: LedgerRow, condition: WriteCondition): Promise<Refused | undefined> {
    const { text, values } = expressionOf(condition);
    try {
      await this.client.putItem({
        TableName: this.name,
        Item: itemOf(row),
        ConditionExpression: text,
        // DynamoDB refuses names and values that an expression does not use.
        ...(text.includes('#state') && { ExpressionAttributeNames: { '#state': 'state' } }),
        ...(Object.keys(values).length > 0 && { ExpressionAttributeValues: attributesOf(values) }),
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      });
      return undefined;
    } catch (error) {
      if (!isConditionFailure(error)) throw error;
      return error.Item === undefined ? {} : { standing: rowOf(error.Item) };
    }
  }

  /** Takes a row one step on. False when the condition does not hold: somebody else has moved the row. */
  async update(row: LedgerRow, step: RowStep): Promise<boolean> {
    const { Key, ExpressionAttributeValues, ...expressions } = updateOf(row, step);
    try {
      await this.client.updateItem({
        TableName: this.name,
        ...expressions,
        Key: attributesOf(Key),
        ExpressionAttributeValues: attributesOf(ExpressionAttributeValues),
      });
      return true;
    } catch (error) {
      if (isConditionFailure(error)) return false;
      throw error;
    }
  }
}

interface ConditionFailure extends Error {
  readonly Item?: Record<string, AttributeValue>;
}

function isConditionFailure(error: unknown): error is ConditionFailure {
  return error instanceof Error && error.name === 'ConditionalCheckFailedException';
}
