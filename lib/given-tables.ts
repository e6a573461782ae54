import { Stack, Token } from 'aws-cdk-lib';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import type { IConstruct } from 'constructs';
import { type DescribedTable, misfitsOf, type TableKind } from '../core/table-shapes';
import type { GivenTables } from './fleet-tables';
import { describe, type Problem, refuse } from './problems';
import { Words } from './shown';

/**
 * Refuses a table that cannot be a fleet's: at once what the import tells, and at synth the keys of a table of the same app, which may
 * still get its index. What is only imported the gateway looks at when it starts.
 */
export function checkGivenTables(scope: IConstruct, { ledgerTable, directoryTable, allowlistTable, agentKeysTable }: GivenTables): void {
  const tables = Object.entries({ ledger: ledgerTable, directory: directoryTable, allowlist: allowlistTable, agentKeys: agentKeysTable });
  const given = tables.flatMap(([kind, table]) => (table === undefined ? [] : [[kind as TableKind, table] as const]));
  refuse(scope, [...given.flatMap(([kind, table]) => elsewhere(scope, kind, table)), ...twice(given), ...unheard(ledgerTable)]);
  scope.node.addValidation({ validate: () => given.flatMap(([kind, table]) => misshapen(kind, table).map(describe)) });
}

/** A gateway asks the endpoint of its own region. */
function elsewhere(scope: IConstruct, kind: TableKind, table: dynamodb.ITableV2): Problem[] {
  const [there, here] = [table.env.region, Stack.of(scope).region];
  if (Token.isUnresolved(there) || Token.isUnresolved(here) || there === here) return [];
  const fix = 'Restore it here, or put the fleet where the table is.';
  return [{ what: `${kind}Table`, got: new Words(`a table in ${there}`), allowed: `one in the fleet's own region, ${here}`, fix }];
}

function twice(given: readonly (readonly [TableKind, dynamodb.ITableV2])[]): Problem[] {
  return given.flatMap(([kind, table], at) => {
    const [first] = given.slice(0, at).find(([, other]) => other.tableName === table.tableName) ?? [];
    if (first === undefined) return [];
    return [
      { what: `${kind}Table`, got: table, allowed: 'each table once', fix: `It is the ${first}Table already: each has keys of its own.` },
    ];
  });
}

/** What is changed in a ledger goes to the archive by its stream. */
function unheard(ledger: dynamodb.ITableV2 | undefined): Problem[] {
  if (ledger === undefined || ledger.tableStreamArn !== undefined) return [];
  const fix = 'Import it with its tableStreamArn; a table of your own gets a dynamoStream of NEW_AND_OLD_IMAGES.';
  return [{ what: 'ledgerTable', got: new Words('a table whose stream is not known'), allowed: 'one with a stream, for the archive', fix }];
}

function misshapen(kind: TableKind, table: dynamodb.ITableV2): Problem[] {
  const resource = table.node.defaultChild;
  if (!(resource instanceof dynamodb.CfnGlobalTable || resource instanceof dynamodb.CfnTable)) return [];
  const { keySchema, attributeDefinitions, globalSecondaryIndexes } = resource;
  const declared: unknown = Stack.of(table).resolve({ keySchema, attributeDefinitions, globalSecondaryIndexes });
  return misfitsOf(kind, asInTemplate(declared) as DescribedTable).map(({ got, allowed }) => ({
    what: `${kind}Table`,
    got: new Words(got),
    allowed,
    fix: `Hand in the ${kind} table of a fleet, or leave ${kind}Table out: one is made.`,
  }));
}

/** Names of members as CloudFormation has them, with a capital. */
function asInTemplate(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(asInTemplate);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [name.charAt(0).toUpperCase() + name.slice(1), asInTemplate(member)]),
  );
}
