import { CloudFormationError } from './stacks';

interface Statement {
  readonly Effect: 'Allow' | 'Deny';
  readonly Action?: string | readonly string[];
  readonly NotAction?: string | readonly string[];
  readonly Principal?: unknown;
  readonly Resource?: string | readonly string[];
  readonly NotResource?: string | readonly string[];
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;
}

/** What a policy decides on. */
export interface PolicedUpdate {
  readonly action: 'Modify' | 'Replace' | 'Delete';
  readonly logicalId: string;
  readonly type: string;
}

/** @throws CloudFormationError for a text that is no stack policy */
export function requireStackPolicy(text: string): void {
  statementsOf(text);
}

/**
 * Why a stack's policy denies an update of a resource; undefined where it allows it. A stack without a policy allows all; with one,
 * what it does not allow is denied, and Deny wins ("Prevent updates to stack resources").
 */
export function deniedByPolicy(text: string | undefined, update: PolicedUpdate): string | undefined {
  if (text === undefined) return undefined;
  const statements = statementsOf(text);
  const applying = statements.map((statement, i) => ({ statement, number: i + 1 })).filter(({ statement }) => applies(statement, update));
  const denying = applying.find(({ statement }) => statement.Effect === 'Deny');
  if (denying === undefined && applying.some(({ statement }) => statement.Effect === 'Allow')) return undefined;
  const by = denying === undefined ? 'no statement allows it' : `Statement [#${denying.number}] does not allow [Update:${update.action}]`;
  return `Action denied by stack policy: ${by} for resource [LogicalResourceId/${update.logicalId}]`;
}

function applies(statement: Statement, { action, logicalId, type }: PolicedUpdate): boolean {
  const { Action, NotAction, Resource, NotResource, Condition } = statement;
  const isAction = Action === undefined ? !matchesAny(NotAction, `Update:${action}`) : matchesAny(Action, `Update:${action}`);
  const resource = `LogicalResourceId/${logicalId}`;
  const isResource = Resource === undefined ? !matchesAny(NotResource, resource) : matchesAny(Resource, resource);
  const types = [Condition?.StringEquals?.ResourceType, Condition?.StringLike?.ResourceType];
  return isAction && isResource && types.every((wanted) => wanted === undefined || matchesAny(wanted, type));
}

function matchesAny(patterns: string | readonly string[] = [], text: string): boolean {
  return [patterns].flat().some((pattern) => {
    const escaped = pattern.replaceAll(/[.+^${}()|[\]\\?]/g, '\\$&').replaceAll('*', '.*');
    return new RegExp(`^${escaped}$`).test(text);
  });
}

function statementsOf(text: string): readonly Statement[] {
  try {
    const { Statement: statements } = JSON.parse(text) as { Statement?: unknown };
    if (Array.isArray(statements) && statements.every(isStatement)) return statements;
  } catch {
    // said below
  }
  throw new CloudFormationError('ValidationError', 'Error validating stack policy: Invalid stack policy');
}

function isStatement(value: unknown): value is Statement {
  const { Effect, Action, NotAction, Principal } = (value ?? {}) as Statement;
  return (Effect === 'Allow' || Effect === 'Deny') && (Action ?? NotAction) !== undefined && Principal !== undefined;
}
