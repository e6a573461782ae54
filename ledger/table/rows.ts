import { isDeepStrictEqual } from 'node:util';
import type { AttributeValue, BatchStatementRequest } from '@aws-sdk/client-dynamodb';
import type { TableClient } from './table-client';

/** A row in DynamoDB's own JSON. Its key is `pk`; its `fence`, which no other row has, and its `state` say whose it is. */
export type Item = Readonly<Record<string, AttributeValue>>;

/** Raised for a row whose key another one has: nothing was written. */
export class RowTaken extends Error {
  override readonly name = 'RowTaken';

  constructor({ pk }: Item, { fence }: Item = {}) {
    super(`the row ${pk?.S} was not written: another one stands there, with the fence ${fence?.S}`);
  }
}

/** The statement that puts a row where none stands (PartiQL for DynamoDB, INSERT): it can neither overwrite nor delete. */
export function insertOf(item: Item, table: string): BatchStatementRequest {
  const Parameters: AttributeValue[] = [];
  let shape = SHAPES.with(table);
  for (const name in item) {
    shape = shape.with(name);
    Parameters.push(item[name] as AttributeValue);
  }
  shape.statement ??= statementOf(Object.keys(item), table);
  return { Statement: shape.statement, Parameters };
}

function statementOf(names: readonly string[], table: string): string {
  return `INSERT INTO "${table}" VALUE {'${names.map((name) => name.replaceAll("'", "''")).join("': ?, '")}': ?}`;
}

/** The names of a row, one behind the other. Rows have few shapes, and each shape's statement is written once. */
class Shape {
  statement: string | undefined;
  private readonly more = new Map<string, Shape>();

  with(name: string): Shape {
    const known = this.more.get(name);
    if (known !== undefined) return known;
    const next = new Shape();
    this.more.set(name, next);
    return next;
  }
}

const SHAPES = new Shape();

/** The same by PutItem. @throws RowTaken, or as the table client does */
export async function putAbsent(table: TableClient, name: string, item: Item): Promise<void> {
  try {
    await table.putItem({
      TableName: name,
      Item: item,
      ConditionExpression: 'attribute_not_exists(pk)',
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    });
  } catch (error) {
    const { name: kind, Item: standing } = error as { readonly name: string; readonly Item?: Item };
    if (kind !== 'ConditionalCheckFailedException') throw error;
    if (standing === undefined) return requireWritten(table, name, item);
    if (!isSame(standing, item)) throw new RowTaken(item, standing);
  }
}

/** That a row which stands there already is this one, by an attempt whose answer was lost. @throws RowTaken, or as the table client does */
export async function requireWritten(table: TableClient, name: string, item: Item): Promise<void> {
  const { Item: standing } = await table.getItem({ TableName: name, Key: { pk: item.pk as AttributeValue }, ConsistentRead: true });
  if (standing === undefined || !isSame(standing, item)) throw new RowTaken(item, standing);
}

function isSame(standing: Item, { fence, state }: Item): boolean {
  return fence !== undefined && isDeepStrictEqual([standing.fence, standing.state], [fence, state]);
}

/** About how much an item is, in characters: its names and all that is written in it. */
export function sizeOf(item: Item): number {
  let size = 0;
  for (const name in item) size += name.length + sizeOfValue(item[name] as AttributeValue);
  return size;
}

function sizeOfValue(value: AttributeValue): number {
  if (value.S !== undefined) return value.S.length + 8; // as nearly all
  const { N, L, M, SS, NS } = value;
  if (L !== undefined) return L.reduce((sum, value) => sum + sizeOfValue(value), 0);
  if (M !== undefined) return sizeOf(M);
  return (N ?? (SS ?? NS)?.join('') ?? '').length + 8;
}
