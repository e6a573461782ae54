import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { FleetError } from '../../core/errors';
import { type LedgerRow, type LedgerState, statesBefore } from '../../core/ledger';

/** What may change in a row after it was claimed. */
export type Settlement = Partial<
  Pick<LedgerRow, 'sentAt' | 'settledAt' | 'instance' | 'result' | 'resultEncoding' | 'resultIsError' | 'reason'>
>;

/** The ledger table. Single-item conditional writes only; every one after the claim carries the claim's fence. */
export class Ledger {
  constructor(
    private readonly dynamodb: DynamoDBClient,
    private readonly table: string,
  ) {}

  /**
   * Claims a key. Resolves to undefined when the claim is ours, else to the row that stands there.
   * A row that says `not_executed` gives way: nothing happened under it.
   * @throws FleetError LEDGER_UNAVAILABLE
   */
  async claim(row: LedgerRow): Promise<LedgerRow | undefined> {
    return this.putUnless(row, 'attribute_not_exists(pk) OR #state = :notExecuted', { ':notExecuted': 'not_executed' });
  }

  /** Takes a claim over whose owner died before it sent anything. Resolves to undefined when it is ours now. */
  async takeOver(row: LedgerRow, abandoned: LedgerRow): Promise<LedgerRow | undefined> {
    return this.putUnless(row, '#state = :claimed AND fence = :fence', { ':claimed': 'claimed', ':fence': abandoned.fence });
  }

  /** Moves a row on. False when it is no longer ours to move. @throws FleetError LEDGER_UNAVAILABLE */
  async advance(row: LedgerRow, next: LedgerState, changes: Settlement): Promise<boolean> {
    const from = statesBefore(next).map((state, index) => [`:from${index}`, state] as const);
    const entries = Object.entries(changes).filter(([, value]) => value !== undefined);
    const command = new UpdateItemCommand({
      TableName: this.table,
      Key: marshall({ pk: row.pk }),
      UpdateExpression: `SET #state = :next${entries.map((_, index) => `, #a${index} = :a${index}`).join('')}`,
      ConditionExpression: `fence = :fence AND #state IN (${from.map(([name]) => name).join(', ')})`,
      ExpressionAttributeNames: { '#state': 'state', ...Object.fromEntries(entries.map(([name], index) => [`#a${index}`, name])) },
      ExpressionAttributeValues: marshall({
        ':next': next,
        ':fence': row.fence,
        ...Object.fromEntries(from),
        ...Object.fromEntries(entries.map(([, value], index) => [`:a${index}`, value])),
      }),
    });
    try {
      await this.dynamodb.send(command);
      return true;
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw unavailable(error);
      const standing = await this.read(row.pk);
      return standing?.fence === row.fence && standing.state === next; // our own write: its first answer was lost and the SDK sent it again
    }
  }

  /** Writes a row that is settled from the start: a read, or a refusal. @throws FleetError LEDGER_UNAVAILABLE */
  async append(row: LedgerRow): Promise<void> {
    await this.putUnless(row, 'attribute_not_exists(pk)', {});
  }

  /** @throws FleetError LEDGER_UNAVAILABLE */
  async read(pk: string): Promise<LedgerRow | undefined> {
    try {
      const { Item } = await this.dynamodb.send(new GetItemCommand({ TableName: this.table, Key: marshall({ pk }), ConsistentRead: true }));
      return Item === undefined ? undefined : (unmarshall(Item) as LedgerRow);
    } catch (error) {
      throw unavailable(error);
    }
  }

  private async putUnless(row: LedgerRow, condition: string, values: Record<string, string>): Promise<LedgerRow | undefined> {
    const command = new PutItemCommand({
      TableName: this.table,
      Item: marshall(row, { removeUndefinedValues: true }),
      ConditionExpression: condition,
      ...(condition.includes('#state') && { ExpressionAttributeNames: { '#state': 'state' } }),
      ...(Object.keys(values).length > 0 && { ExpressionAttributeValues: marshall(values) }),
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    });
    try {
      await this.dynamodb.send(command);
      return undefined;
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw unavailable(error);
      const standing = error.Item === undefined ? await this.read(row.pk) : (unmarshall(error.Item) as LedgerRow);
      if (standing?.fence === row.fence) return undefined; // our own put: its first answer was lost and the SDK sent it again
      if (standing === undefined) throw unavailable(error);
      return standing;
    }
  }
}

function unavailable(error: unknown): FleetError {
  return new FleetError('LEDGER_UNAVAILABLE', { reason: `the ledger table refused (${(error as Error).name})` });
}
