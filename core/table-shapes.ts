import { UNSETTLED_INDEX } from './fleet-config';

/** What the tables of a fleet have to be, where one is handed in. */

export type TableKind = 'ledger' | 'directory' | 'allowlist' | 'agentKeys';

/** Names of a key and of a sort key, where there is one, each with its type. */
type Keys = readonly (readonly [name: string, type: 'S' | 'N'])[];

interface TableShape {
  readonly keys: Keys;
  readonly index?: { readonly name: string; readonly keys: Keys };
}

export const TABLE_SHAPES: Readonly<Record<TableKind, TableShape>> = {
  ledger: {
    keys: [['pk', 'S']],
    index: {
      name: UNSETTLED_INDEX,
      keys: [
        ['unsettled', 'S'],
        ['leaseUntil', 'N'],
      ],
    },
  },
  directory: { keys: [['session', 'S']] },
  allowlist: {
    keys: [
      ['agent', 'S'],
      ['entry', 'S'],
    ],
  },
  agentKeys: {
    keys: [
      ['agent', 'S'],
      ['id', 'S'],
    ],
  },
};

interface KeySchemaElement {
  readonly AttributeName?: string;
  readonly KeyType?: string;
}

/** A table as DescribeTable answers it and as CloudFormation declares it, as far as it is looked at. */
export interface DescribedTable {
  readonly KeySchema?: readonly KeySchemaElement[];
  readonly AttributeDefinitions?: readonly { readonly AttributeName?: string; readonly AttributeType?: string }[];
  readonly GlobalSecondaryIndexes?: readonly { readonly IndexName?: string; readonly KeySchema?: readonly KeySchemaElement[] }[];
}

/** What of a table does not fit, in words. */
export interface Misfit {
  readonly got: string;
  readonly allowed: string;
}

export function misfitsOf(kind: TableKind, table: DescribedTable): Misfit[] {
  const { keys, index } = TABLE_SHAPES[kind];
  const misfits = misfitsOfKeys('a table', keys, table.KeySchema, table);
  if (index === undefined) return misfits;
  const found = table.GlobalSecondaryIndexes?.find(({ IndexName }) => IndexName === index.name);
  const allowed = `one with the global secondary index "${index.name}" by ${inWords(index.keys)}, which the janitor reads`;
  if (found === undefined) return [...misfits, { got: `a table without the index "${index.name}"`, allowed }];
  return [...misfits, ...misfitsOfKeys(`a table whose index "${index.name}" is`, index.keys, found.KeySchema, table)];
}

function misfitsOfKeys(
  what: string,
  wanted: Keys,
  schema: readonly KeySchemaElement[] = [],
  { AttributeDefinitions = [] }: DescribedTable,
): Misfit[] {
  const typeOf = (name: string) => AttributeDefinitions.find(({ AttributeName }) => AttributeName === name)?.AttributeType ?? '?';
  const inOrder = [...schema].sort((one, other) => String(one.KeyType).localeCompare(String(other.KeyType)));
  const found = inOrder.map(({ AttributeName = '?' }) => [AttributeName, typeOf(AttributeName)] as const);
  const isWanted = found.length === wanted.length && wanted.every(([name, type], at) => found[at]?.[0] === name && found[at]?.[1] === type);
  return isWanted ? [] : [{ got: `${what} by ${inWords(found)}`, allowed: `one by ${inWords(wanted)}` }];
}

function inWords(keys: readonly (readonly [name: string, type: string])[]): string {
  return keys.map(([name, type]) => `${name} (${type})`).join(' and ');
}
