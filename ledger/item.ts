import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { requireKnown } from '../core/formats';
import { expiryOf, type LedgerRow, unsettledPartition } from './row';
import type { Item } from './table/rows';

/** A row in DynamoDB's own JSON, with its place in the index and its expiry. */
export function itemOf(row: LedgerRow): Item {
  const attributes = attributesOf(row);
  const unsettled = unsettledPartition(row);
  if (unsettled === undefined) delete attributes.unsettled;
  else attributes.unsettled = { S: unsettled };
  const expiresAt = row.expiresAt ?? expiryOf(row, row.state, row.settledAt ?? row.claimedAt);
  if (expiresAt !== undefined) attributes.expiresAt = { N: String(expiresAt) };
  return attributes;
}

/** The row of an item. @throws UnknownFormatError for one that a later version has written in a way of its own */
export function rowOf(item: Item): LedgerRow {
  return requireKnown('ledgerRow', valuesOf(item)) as unknown as LedgerRow;
}

/** What {@link attributesOf} was given. */
export function valuesOf(item: Item): Record<string, unknown> {
  return Object.fromEntries(Object.entries(item).map(([name, value]) => [name, valueIn(value)]));
}

/**
 * Values in DynamoDB's own JSON: texts, numbers, truth values, null, sets of texts, and lists and objects of them; what is undefined is left
 * out. Our items hold nothing else, and this takes a third of what the SDK's `marshall` does for all types.
 */
export function attributesOf(values: object): Record<string, AttributeValue> {
  const attributes: Record<string, AttributeValue> = {};
  for (const name in values) {
    const value = values[name as keyof typeof values] as unknown;
    if (value !== undefined) attributes[name] = attributeOf(value);
  }
  return attributes;
}

function attributeOf(value: unknown): AttributeValue {
  if (typeof value === 'string') return { S: value };
  if (typeof value === 'number') return { N: String(value) };
  if (typeof value === 'boolean') return { BOOL: value };
  if (Array.isArray(value)) return { L: value.map(attributeOf) };
  if (value === null) return { NULL: true };
  if (value instanceof Set) return { SS: [...value] };
  if (typeof value === 'object') return { M: attributesOf(value) };
  throw new TypeError(`an item holds no ${typeof value}`);
}

function valueIn({ S, N, BOOL, L, M, SS, NULL }: AttributeValue): unknown {
  if (S !== undefined) return S;
  if (N !== undefined) return Number(N);
  if (L !== undefined) return L.map(valueIn);
  if (M !== undefined) return valuesOf(M);
  if (SS !== undefined) return new Set(SS);
  return NULL === true ? null : BOOL;
}
