import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { type LedgerRow, unsettledPartition } from './row';
import type { Item } from './table/rows';

/** A row in DynamoDB's own JSON, with its place in the index. */
export function itemOf(row: LedgerRow): Item {
  const attributes = attributesOf(row);
  const unsettled = unsettledPartition(row);
  if (unsettled === undefined) delete attributes.unsettled;
  else attributes.unsettled = { S: unsettled };
  return attributes;
}

/** The row of an item. */
export function rowOf(item: Item): LedgerRow {
  return Object.fromEntries(Object.entries(item).map(([name, value]) => [name, valueIn(value)])) as unknown as LedgerRow;
}

/**
 * Values in DynamoDB's own JSON: texts, numbers, truth values, and lists and objects of them; what is undefined is left out. A row
 * holds nothing else, and this takes a third of what the SDK's `marshall` does for all types.
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
  if (typeof value === 'object' && value !== null) return { M: attributesOf(value) };
  throw new TypeError(`a row holds no ${value === null ? 'null' : typeof value}`);
}

function valueIn({ S, N, BOOL, L, M }: AttributeValue): unknown {
  if (S !== undefined) return S;
  if (N !== undefined) return Number(N);
  if (L !== undefined) return L.map(valueIn);
  return M === undefined ? BOOL : rowOf(M);
}
