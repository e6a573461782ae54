import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { buildSync } from 'esbuild';
import { sealedChanges } from '../../../lambda/sealed-changes';
import { chained, GENESIS } from '../../../ledger/archive/record';
import { eventOf } from '../../../ledger/expressions';
import { claimedRow } from '../../lambda/ledger-rows';

interface Parser {
  validate(sql: string): readonly { readonly message: string; readonly startLine: number }[];
}

/** Its modules name folders, which Node does not load; of all grammars two are needed. */
function grammars(): { readonly HiveSQL: new () => Parser; readonly TrinoSQL: new () => Parser } {
  const contents = `export { HiveSQL } from 'dt-sql-parser/dist/parser/hive'; export { TrinoSQL } from 'dt-sql-parser/dist/parser/trino';`;
  const outfile = join(mkdtempSync(join(tmpdir(), 'sql-')), 'grammars.cjs');
  buildSync({ stdin: { contents, resolveDir: __dirname }, bundle: true, platform: 'node', format: 'cjs', outfile, logLevel: 'error' });
  return require(outfile);
}

const page = readFileSync(join(__dirname, '../../../docs/audit.md'), 'utf8');
const [table = '', ...queries] = [...page.matchAll(/```sql\n([\s\S]*?)```/g)].map(([, sql = '']) => sql);
const { HiveSQL, TrinoSQL } = grammars();

describe('what the page says to Athena', () => {
  // The grammars print each error besides.
  const silent = jest.spyOn(console, 'error');
  beforeAll(() => void silent.mockImplementation(() => undefined));
  afterAll(() => silent.mockRestore());

  test('is a table in the grammar of Hive, and no other statement would pass', () => {
    expect(table).toContain('CREATE EXTERNAL TABLE ledger_archive');
    expect(new HiveSQL().validate(table)).toEqual([]);
    expect(new HiveSQL().validate(table.replace('sequence bigint,', 'sequence bigint'))).not.toEqual([]);
  });

  test.each(queries)('is a query in the grammar of Trino: %s', (query) => {
    expect(new TrinoSQL().validate(query)).toEqual([]);
    expect(new TrinoSQL().validate(query.replace('FROM', 'FRO'))).not.toEqual([]);
  });

  test('names columns that records have, and queries ask for columns of the table', async () => {
    const row = claimedRow('bank', {
      ...{ state: 'failed', settledAt: 7, reason: 'DENIED', method: 'resources/read', idempotencyKey: 'k', task: 't', session: 's' },
      history: [eventOf('failed', 'replica', 7)],
    });
    const change = { event: 'INSERT', eventId: 'e', shardSequence: '1', at: 7, pk: row.pk, row, outside: 'so', expired: true } as const;
    const keys = { current: async () => ({ id: '00001', key: Buffer.alloc(32) }) };
    const [record = {}] = chained(GENESIS, await sealedChanges([change], keys));

    const columns = columnsIn(table);
    expect(columns.size).toBeGreaterThan(20);
    for (const column of columns) expect([column, valueAt(record, column)]).toEqual([column, expect.anything()]);
    const asked = queries.flatMap((query) => [...query.matchAll(/"row"\.(\w+)/g)].map(([, name]) => `row.${name}`));
    expect(asked.length).toBeGreaterThan(5);
    for (const column of asked) expect([...columns]).toContain(column);
  });
});

/** Paths of what a table declares, such as `row.callId`. */
function columnsIn(sql: string): ReadonlySet<string> {
  const [, body = ''] = /\(([\s\S]*)\)\s*ROW FORMAT/.exec(sql) ?? [];
  return new Set(pathsIn(body.replaceAll('`', ''), ''));
}

function pathsIn(list: string, prefix: string): readonly string[] {
  return partsOf(list).flatMap((part) => {
    const [, name = '', type = ''] = /^\s*(\w+)[\s:]+([\s\S]*)$/.exec(part) ?? [];
    return [prefix + name, ...pathsWithin(type, prefix + name)];
  });
}

function pathsWithin(type: string, path: string): readonly string[] {
  const [, kind, inner = ''] = /^(struct|array)<([\s\S]*)>$/.exec(type.trim()) ?? [];
  if (kind === 'struct') return pathsIn(inner, `${path}.`);
  return kind === 'array' ? pathsWithin(inner, `${path}.0`) : [];
}

/** What stands between commas, but for those within a type. */
function partsOf(list: string): readonly string[] {
  const parts = [''];
  let depth = 0;
  for (const character of list) {
    depth += character === '<' ? 1 : character === '>' ? -1 : 0;
    if (character === ',' && depth === 0) parts.push('');
    else parts.push(parts.pop() + character);
  }
  return parts;
}

function valueAt(record: object, column: string): unknown {
  return column.split('.').reduce<unknown>((value, name) => (value as Record<string, unknown> | undefined)?.[name], record);
}
