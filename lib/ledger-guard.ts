import { Reference, Stack, Stage, Tokenization } from 'aws-cdk-lib';
import type * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as iam from 'aws-cdk-lib/aws-iam';
import type { IConstruct } from 'constructs';
import { covers, FORBIDDEN_ON_LEDGER, type Holder } from '../core/ledger-rights';
import { describe, type Problem } from './problems';
import { Words } from './shown';

/** The roles that may change the ledger. */
export interface LedgerHolders {
  readonly gateway: iam.IRole;
  readonly janitor: iam.IRole;
  /** Roles, users and groups of people who say what became of a call; known when all are granted. */
  readonly operators: () => readonly IConstruct[];
}

/**
 * Refuses, at synth, whatever of the app would let another than the gateway, the janitor and who is granted to operate change the ledger, or anybody delete there:
 * a record that others write proves nothing. It sees policies that name the table; those for every table, the checks find.
 */
export function guardLedger(scope: IConstruct, ledger: dynamodb.ITableV2, holders: LedgerHolders): void {
  scope.node.addValidation({
    validate: () => [
      ...scope.node.root.node.findAll().flatMap((construct) => problemsOf(construct, ledger, holderOf(construct, holders))),
      ...ownPolicyProblems(ledger),
    ],
  });
}

interface Statement {
  readonly Effect?: string;
  readonly Action?: string | readonly string[];
  readonly NotAction?: unknown;
  readonly Resource?: unknown;
}

function holderOf(construct: IConstruct, { gateway, janitor, operators }: LedgerHolders): Holder {
  if (construct.node.scopes.includes(gateway)) return 'gateway';
  if (operators().some((operator) => construct.node.scopes.includes(operator))) return 'operator';
  return construct.node.scopes.includes(janitor) ? 'janitor' : 'other';
}

function problemsOf(construct: IConstruct, ledger: dynamodb.ITableV2, holder: Holder): string[] {
  const naming = documentsOf(construct)
    .flatMap(statementsIn)
    .filter(({ Resource }) => namesTable(Resource, ledger, construct));
  return tooMuch(`the policy ${construct.node.path}`, naming, holder).map(describe);
}

/** A policy of the table itself says who else may do what there. */
function ownPolicyProblems(ledger: dynamodb.ITableV2): string[] {
  const { resourcePolicy } = ledger as { readonly resourcePolicy?: iam.PolicyDocument };
  return tooMuch(`the resource policy of ${ledger.node.path}`, statementsIn(resourcePolicy), 'other').map(describe);
}

function tooMuch(what: string, statements: readonly Statement[], holder: Holder): Problem[] {
  const actions = statements
    .filter(({ Effect = 'Allow' }) => Effect === 'Allow')
    .flatMap(({ Action = [], NotAction }) => (NotAction === undefined ? [Action].flat() : ['*']))
    .filter((action) => covers(action, FORBIDDEN_ON_LEDGER[holder]));
  if (actions.length === 0) return [];
  const allowed = 'reads: only gateway, janitor and operators change the ledger, and nobody deletes there';
  const fix = 'Grant ledgerTable.grantReadData(…), or fleet.grantOperate(…), instead; what an agent does is written by the gateway.';
  return [{ what, got: new Words(`${[...new Set(actions)].join(', ')} on the ledger`), allowed, fix }];
}

function documentsOf(construct: IConstruct): unknown[] {
  if (construct instanceof iam.CfnPolicy || construct instanceof iam.CfnManagedPolicy || construct instanceof iam.CfnRolePolicy)
    return [construct.policyDocument];
  if (construct instanceof iam.CfnUserPolicy || construct instanceof iam.CfnGroupPolicy) return [construct.policyDocument];
  if (!(construct instanceof iam.CfnRole || construct instanceof iam.CfnUser || construct instanceof iam.CfnGroup)) return [];
  const policies: unknown = Stack.of(construct).resolve(construct.policies) ?? [];
  return (policies as readonly { readonly policyDocument?: unknown }[]).map(({ policyDocument }) => policyDocument);
}

/** References stay tokens here, so that one into another stack still says what it means. */
function statementsIn(document: unknown): Statement[] {
  const written = document instanceof iam.PolicyDocument ? (document.toJSON() as unknown) : document;
  return [(written as { readonly Statement?: Statement | Statement[] } | undefined)?.Statement ?? []].flat();
}

function namesTable(resources: unknown, table: dynamodb.ITableV2, from: IConstruct): boolean {
  if ([resources].flat().some((resource) => refersTo(resource, table))) return true;
  if (!meansTheSame(table, from)) return false;
  const text = (value: unknown) => JSON.stringify(Stack.of(from).resolve(value)) ?? '';
  // Up to where an index or the end of the ARN follows.
  const arn = text(table.tableArn).replace(/["\]}]+$/, '');
  return [resources].flat().some((resource) => /\0["/]/.test(text(resource).replace(arn, '\0')));
}

/** Whether what is written at one place and at the other is one table: two stacks have logical ids of their own, two stages perhaps accounts. */
function meansTheSame(table: dynamodb.ITableV2, from: IConstruct): boolean {
  const isMade = table.node.defaultChild !== undefined;
  return isMade ? Stack.of(from) === Stack.of(table) : Stage.of(from) === Stage.of(table);
}

function refersTo(resource: unknown, table: dynamodb.ITableV2): boolean {
  if (typeof resource !== 'string') return false;
  return Tokenization.reverseString(resource).tokens.some(
    (token) => Reference.isReference(token) && token.target.node.scopes.includes(table),
  );
}
