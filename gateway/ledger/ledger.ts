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
  type LedgerRow,
  type LedgerState,
  ledgerKey,
  type Resolution,
  type WriteCondition,
} from '../../core/ledger';

/** What may change in a row after it was claimed. */
export type Settlement = Partial<
  Pick<LedgerRow, 'sentAt' | 'settledAt' | 'instance' | 'result' | 'resultEncoding' | 'resultIsError' | 'reason'>
>;

/** How a person settles an unknown outcome. */
export interface PersonsWord extends Required<Pick<LedgerRow, 'resolvedBy' | 'resolvedAt' | 'resolutionReason'>> {
  readonly outcome: Resolution;
}

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
    return this.putIf(row, CONDITIONS.claim());
  }

  /** Takes a claim over whose owner died before it sent anything. Resolves to undefined when it is ours now. */
  async takeOver(row: LedgerRow, abandoned: LedgerRow): Promise<LedgerRow | undefined> {
    return this.putIf(row, CONDITIONS.takeOver(abandoned));
  }

  /** Moves a row on. False when it is no longer ours to move. @throws FleetError LEDGER_UNAVAILABLE */
  async advance(row: LedgerRow, next: LedgerState, changes: Settlement): Promise<boolean> {
    return this.updateIf(row, CONDITIONS.advance(row, next), next, changes);
  }

  /** Ends another's claim as `not_executed`. False when it has been sent since it was read. @throws FleetError LEDGER_UNAVAILABLE */
  async endUnsent(row: LedgerRow, changes: Settlement): Promise<boolean> {
    return this.updateIf(row, CONDITIONS.endUnsent(row), 'not_executed', changes);
  }

  /** Writes what a person says of an unknown outcome. False when it is not unknown any more. @throws FleetError LEDGER_UNAVAILABLE */
  async resolve(row: LedgerRow, { outcome, ...word }: PersonsWord): Promise<boolean> {
    if (!(await this.updateIf(row, CONDITIONS.resolve(row), outcome, word))) return false;
    // The next call with this key writes over the row; under its call id this one stays in the audit.
    if (outcome === 'not_executed' && row.idempotencyKey !== undefined) {
      await this.append({ ...row, ...word, pk: ledgerKey(row.server, row.agent, `c:${row.callId}`), state: outcome });
    }
    return true;
  }

  /** Writes a row that nobody else can ever claim: a read, a refusal, a call without a key. @throws FleetError LEDGER_UNAVAILABLE */
  async append(row: LedgerRow): Promise<void> {
    await this.putIf(row, CONDITIONS.append());
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

  private async updateIf(
    row: LedgerRow,
    condition: WriteCondition,
    next: LedgerState,
    changes: Settlement | Omit<PersonsWord, 'outcome'>,
  ): Promise<boolean> {
    const { text, values } = expressionOf(condition);
    const entries = Object.entries(changes).filter(([, value]) => value !== undefined);
    const command = new UpdateItemCommand({
      TableName: this.table,
      Key: marshall({ pk: row.pk }),
      UpdateExpression: `SET #state = :next${entries.map((_, index) => `, #a${index} = :a${index}`).join('')}`,
      ConditionExpression: text,
      ExpressionAttributeNames: { '#state': 'state', ...Object.fromEntries(entries.map(([name], index) => [`#a${index}`, name])) },
      ExpressionAttributeValues: marshall({
        ':next': next,
        ...values,
        ...Object.fromEntries(entries.map(([, value], index) => [`:a${index}`, value])),
      }),
    });
    try {
      await this.dynamodb.send(command);
      return true;
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw unavailable(error);
      return isWritten(await this.read(row.pk), row.fence, next);
    }
  }

  private async putIf(row: LedgerRow, condition: WriteCondition): Promise<LedgerRow | undefined> {
    const { text, values } = expressionOf(condition);
    const command = new PutItemCommand({
      TableName: this.table,
      Item: marshall(row, { removeUndefinedValues: true }),
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

/** A condition in DynamoDB's words. */
function expressionOf({ states, fence, orAbsent }: WriteCondition): { text: string; values: Record<string, string> } {
  const allowed = Object.fromEntries(states.map((state, index) => [`:from${index}`, state]));
  const inState = states.length > 0 ? `#state IN (${Object.keys(allowed).join(', ')})` : '';
  const standing = [inState, fence === undefined ? '' : 'fence = :fence'].filter(Boolean).join(' AND ');
  return {
    text: [orAbsent === true ? 'attribute_not_exists(pk)' : '', standing].filter(Boolean).join(' OR '),
    values: { ...allowed, ...(fence !== undefined && { ':fence': fence }) },
  };
}

function unavailable(error: unknown): FleetError {
  return new FleetError('LEDGER_UNAVAILABLE', { reason: `the ledger table refused (${(error as Error).name})` });
}
