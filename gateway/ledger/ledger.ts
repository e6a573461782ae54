import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { FleetError } from '../../core/errors';
import {
  CONDITIONS,
  isWritten,
  type LedgerEvent,
  type LedgerRow,
  type LedgerState,
  ownKey,
  type Resolution,
  unsettledPartition,
  type WriteCondition,
} from '../../core/ledger';
import { eventOf, expressionOf, updateOf } from '../../core/ledger-update';

/** What may change in a row after it was claimed. */
export type Settlement = Partial<
  Pick<
    LedgerRow,
    'sentAt' | 'settledAt' | 'instance' | 'result' | 'resultEncoding' | 'resultIsError' | 'reason' | 'openTask' | 'leaseUntil'
  >
>;

/** How a person settles an unknown outcome. */
export interface PersonsWord extends Required<Pick<LedgerRow, 'resolvedBy' | 'resolvedAt' | 'resolutionReason'>> {
  readonly outcome: Resolution;
}

/** In whose name rows are written. */
export interface Writer {
  /** A gateway replica, or a person. */
  readonly name: string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** The ledger table. Single-item conditional writes only; every one after the claim carries the claim's fence. */
export class Ledger {
  constructor(
    private readonly dynamodb: DynamoDBClient,
    private readonly table: string,
    private readonly writer: Writer,
  ) {}

  /**
   * Claims a key. Resolves to undefined when the claim is ours, else to the row that stands there.
   * @throws FleetError LEDGER_UNAVAILABLE
   */
  async claim(row: LedgerRow): Promise<LedgerRow | undefined> {
    return this.put(this.begun(row), CONDITIONS.begin());
  }

  /**
   * Claims a key whose row gives way. That row stays in the audit under its own call id. Resolves to undefined when the claim is
   * ours, else to the row that stands there now.
   * @param condition under which it does, see `claimable`
   * @throws FleetError LEDGER_UNAVAILABLE
   */
  async reclaim(row: LedgerRow, standing: LedgerRow, condition: WriteCondition): Promise<LedgerRow | undefined> {
    await this.put({ ...standing, pk: ownKey(standing) }, CONDITIONS.begin());
    return this.put(this.begun(row), condition);
  }

  /** Moves a row on. False when it is no longer ours to move. @throws FleetError LEDGER_UNAVAILABLE */
  async advance(row: LedgerRow, next: LedgerState, changes: Settlement, because?: string): Promise<boolean> {
    return this.update(row, CONDITIONS.advance(row, next), next, changes, because);
  }

  /** Notes that a call goes on as a task. False when it is no longer ours. @throws FleetError LEDGER_UNAVAILABLE */
  async keepOpen(row: LedgerRow, changes: Settlement): Promise<boolean> {
    return this.update(row, CONDITIONS.keepOpen(row), 'sent', changes, 'it goes on as a task');
  }

  /** Ends another's claim as `not_executed`. False when it has been sent since it was read. @throws FleetError LEDGER_UNAVAILABLE */
  async endUnsent(row: LedgerRow, changes: Settlement, because?: string): Promise<boolean> {
    return this.update(row, CONDITIONS.endUnsent(row), 'not_executed', changes, because);
  }

  /** Writes that a conclusive read found nothing. False when the row is not unknown any more. @throws FleetError LEDGER_UNAVAILABLE */
  async notLanded(row: LedgerRow, changes: Settlement, because: string): Promise<boolean> {
    return this.update(row, CONDITIONS.notLanded(row), 'not_executed', changes, because);
  }

  /** Writes what a person says of an unknown outcome. False when it is not unknown any more. @throws FleetError LEDGER_UNAVAILABLE */
  async resolve(row: LedgerRow, { outcome, ...word }: PersonsWord): Promise<boolean> {
    return this.update(row, CONDITIONS.resolve(row), outcome, word, word.resolutionReason);
  }

  /** Writes a row that nobody else can ever claim: a read, a refusal, a call without a key. @throws FleetError LEDGER_UNAVAILABLE */
  async append(row: LedgerRow): Promise<void> {
    await this.put(this.begun(row), CONDITIONS.begin());
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

  /** A row with its first event. */
  private begun(row: LedgerRow): LedgerRow {
    return { ...row, history: [this.event(row.state, row.reason)] };
  }

  private event(state: LedgerState, because?: string): LedgerEvent {
    return eventOf(state, this.writer.name, this.writer.now(), because);
  }

  private async update(
    row: LedgerRow,
    condition: WriteCondition,
    next: LedgerState,
    changes: Settlement | Omit<PersonsWord, 'outcome'>,
    because?: string,
  ): Promise<boolean> {
    const event = this.event(next, because ?? ('reason' in changes ? changes.reason : undefined));
    const { Key, ExpressionAttributeValues, ...expressions } = updateOf(row, { condition, event, changes });
    const command = new UpdateItemCommand({
      TableName: this.table,
      ...expressions,
      Key: marshall(Key),
      ExpressionAttributeValues: marshall(ExpressionAttributeValues),
    });
    try {
      await this.dynamodb.send(command);
      return true;
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw unavailable(error);
      return isWritten(await this.read(row.pk), row.fence, next);
    }
  }

  private async put(row: LedgerRow, condition: WriteCondition): Promise<LedgerRow | undefined> {
    const { text, values } = expressionOf(condition);
    const command = new PutItemCommand({
      TableName: this.table,
      Item: marshall({ ...row, unsettled: unsettledPartition(row) }, { removeUndefinedValues: true }),
      ConditionExpression: text,
      // DynamoDB refuses names and values that an expression does not use.
      ...(text.includes('#state') && { ExpressionAttributeNames: { '#state': 'state' } }),
      ...(Object.keys(values).length > 0 && { ExpressionAttributeValues: marshall(values) }),
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    });
    try {
      await this.dynamodb.send(command);
      return undefined;
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw unavailable(error);
      const standing = error.Item === undefined ? await this.read(row.pk) : (unmarshall(error.Item) as LedgerRow);
      if (isWritten(standing, row.fence, row.state)) return undefined;
      if (standing === undefined) throw unavailable(error);
      return standing;
    }
  }
}

function unavailable(error: unknown): FleetError {
  const refusal = new FleetError('LEDGER_UNAVAILABLE', { reason: `the ledger table refused (${(error as Error).name})` });
  return Object.assign(refusal, { cause: error });
}

/** Whether a write was refused for what it is: it will be each time. */
export function isRefusedForGood(error: unknown): boolean {
  const { cause } = error as Error;
  return cause instanceof Error && cause.name === 'ValidationException';
}
