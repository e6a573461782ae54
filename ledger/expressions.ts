/** Writes of the ledger in DynamoDB's words, for whoever sends them: the gateway, and the janitor that ends what a gateway has left. */

import type { WriteCondition } from './protocol';
import { expiryOf, type LedgerEvent, type LedgerRow, type LedgerState, unsettledPartition } from './row';

type Values = Readonly<Record<string, unknown>>;

/** A condition expression, and its values before they are marshalled. */
export interface ConditionExpression {
  readonly text: string;
  readonly values: Values;
}

/** Input of an UpdateItem but for the name of the table; key and values are not marshalled yet. */
export interface RowUpdate {
  readonly Key: Pick<LedgerRow, 'pk'>;
  readonly UpdateExpression: string;
  readonly ConditionExpression: string;
  readonly ExpressionAttributeNames: Record<string, string>;
  readonly ExpressionAttributeValues: Values;
}

/** A step of one row into its next state. */
export interface RowStep {
  readonly condition: WriteCondition;
  /** What the row's history says of it; its state is the row's next one. */
  readonly event: LedgerEvent;
  /** Attributes that change with it; an undefined one stays as it is. */
  readonly changes: Partial<LedgerRow>;
}

/** The update that takes a row one step on: its state, its history, its place in the index, its expiry, and what changes with them. */
export function updateOf(row: LedgerRow, { condition, event, changes }: RowStep): RowUpdate {
  const { text, values } = expressionOf(condition);
  const unsettled = unsettledPartition({ ...row, state: event.state });
  const expiresAt = expiryOf(row, event.state, event.at);
  const entries = Object.entries({ ...changes, unsettled, expiresAt }).filter(([, value]) => value !== undefined);
  const sets = ['#state = :next', '#history = list_append(if_not_exists(#history, :none), :event)'];
  return {
    Key: { pk: row.pk },
    UpdateExpression: `SET ${[...sets, ...entries.map((_, index) => `#a${index} = :a${index}`)].join(', ')}${unsettled === undefined ? ' REMOVE unsettled' : ''}`,
    ConditionExpression: text,
    ExpressionAttributeNames: {
      '#state': 'state',
      '#history': 'history',
      ...Object.fromEntries(entries.map(([name], index) => [`#a${index}`, name])),
    },
    ExpressionAttributeValues: {
      ':next': event.state,
      ':none': [],
      ':event': [event],
      ...values,
      ...Object.fromEntries(entries.map(([, value], index) => [`:a${index}`, value])),
    },
  };
}

/** The event that a write leaves in its row. @param now milliseconds since the epoch */
export function eventOf(state: LedgerState, by: string, now: number, because?: string): LedgerEvent {
  return { at: now, state, by, ...(because !== undefined && { because }) };
}

/** A condition in DynamoDB's words. */
export function expressionOf({ states, fence, expiredBy, orAbsent }: WriteCondition): ConditionExpression {
  const allowed = Object.fromEntries(states.map((state, index) => [`:from${index}`, state]));
  const inState = states.length > 0 ? `#state IN (${Object.keys(allowed).join(', ')})` : '';
  const fenced = fence === undefined ? '' : 'fence = :fence';
  const expired = expiredBy === undefined ? '' : 'keyExpiresAt <= :expiredBy';
  const standing = [inState, fenced, expired].filter(Boolean).join(' AND ');
  return {
    text: [orAbsent === true ? 'attribute_not_exists(pk)' : '', standing].filter(Boolean).join(' OR '),
    values: { ...allowed, ...(fence !== undefined && { ':fence': fence }), ...(expiredBy !== undefined && { ':expiredBy': expiredBy }) },
  };
}
