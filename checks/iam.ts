import { exportsOf, type Located, referencesIn, resourcesOf, type Templates } from './template';

/** One allowed action of a role on a resource. */
export interface Permission {
  readonly action: string;
  /** Whether the statement names every resource. */
  readonly anyResource: boolean;
}

/** A resource, as policies can name it. */
export interface NamedResource {
  /** Where a template makes it; absent for what is only imported. */
  readonly made?: Pick<Located, 'stack' | 'id'>;
  /** How its ARN ends, such as `:table/acme-ledger`; absent where its name is not known. */
  readonly arnEnd?: string;
}

interface Statement {
  readonly Effect: string;
  readonly Action?: string | readonly string[];
  readonly NotAction?: unknown;
  readonly Resource?: unknown;
}

/** Logical id of the task role of a task definition; undefined for a task without one. */
export function taskRoleOf({ resource }: Located): string | undefined {
  return referencesIn(resource.Properties?.TaskRoleArn)[0];
}

/** What a role may do with one resource, by its inline policies and by the policies attached to it in the same stack. */
export function permissionsOn(account: Templates, stack: string, role: string, resource: NamedResource): readonly Permission[] {
  return statementsOf(account, stack, role)
    .filter((statement) => statement.Effect === 'Allow')
    .flatMap((statement) => {
      const named = [statement.Resource].flat();
      const anyResource = named.includes('*');
      if (!anyResource && !named.some((each) => names(account, stack, each, resource))) return [];
      if (statement.NotAction !== undefined) return [{ action: '*', anyResource }];
      return [statement.Action ?? []].flat().map((action) => ({ action, anyResource }));
    });
}

/** Whether what a policy of a stack says is the resource: by reference, by another stack's export of it, or by its name, wildcards included. */
function names(account: Templates, stack: string, said: unknown, { made, arnEnd }: NamedResource): boolean {
  if (made !== undefined) {
    if (stack === made.stack && referencesIn(said).includes(made.id)) return true;
    const exported = exportsOf(account).filter(({ value, from }) => from === made.stack && referencesIn(value).includes(made.id));
    if (exported.some(({ name }) => importsIn(said).includes(name))) return true;
  }
  return arnEnd !== undefined && patternOf(said).test(`arn:aws:dynamodb:region:account${arnEnd}`);
}

/** Names of exports that a value takes in. */
function importsIn(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.flatMap(importsIn);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => (key === 'Fn::ImportValue' ? [String(inner)] : importsIn(inner)));
}

const PSEUDO = /^AWS::(Partition|Region|AccountId)$/;

/** An ARN as policies write it, that ends with a table or what is in it; a reference to something of a stack is like no name. */
function patternOf(said: unknown): RegExp {
  const text = wildcarded(said);
  // Who may something with an index may not therefore do it with the table, but it is the ledger's all the same.
  const table = text.replace(/(:table\/[^/]*)\/.*$/, '$1');
  const escaped = table.replace(/[.+^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`^${escaped.replaceAll('*', '.*').replaceAll('?', '.')}$`);
}

/** Text of a value, with what every ARN of the account has as `*`, and any other reference as what is in no name. */
function wildcarded(value: unknown): string {
  if (typeof value === 'string')
    return /^arn:[^:]*:dynamodb:/.test(value) ? value.replace(/^arn:[^:]*:dynamodb:[^:]*:[^:]*:/, 'arn:*:dynamodb:*:*:') : value;
  const {
    Ref,
    'Fn::Join': join,
    'Fn::Sub': sub,
  } = (value ?? {}) as { Ref?: string; 'Fn::Join'?: [string, unknown[]]; 'Fn::Sub'?: unknown };
  if (join !== undefined) return wildcarded(join[1].map(wildcarded).join(join[0]));
  const replaced = (name: string) => (PSEUDO.test(name) ? '*' : '\0');
  if (typeof sub === 'string') return wildcarded(sub.replaceAll(/\$\{([^}]+)\}/g, (_, name: string) => replaced(name)));
  return replaced(String(Ref));
}

function statementsOf(account: Templates, stack: string, role: string): readonly Statement[] {
  const inline = resourcesOf(account, 'AWS::IAM::Role')
    .filter((located) => located.stack === stack && located.id === role)
    .flatMap(({ resource }) => (resource.Properties?.Policies ?? []) as readonly { readonly PolicyDocument: unknown }[])
    .map((policy) => policy.PolicyDocument);
  const attached = ['AWS::IAM::Policy', 'AWS::IAM::ManagedPolicy']
    .flatMap((type) => resourcesOf(account, type))
    .filter((located) => located.stack === stack && referencesIn(located.resource.Properties?.Roles).includes(role))
    .map(({ resource }) => resource.Properties?.PolicyDocument);
  return [...inline, ...attached].flatMap((document) => [(document as { Statement: Statement | Statement[] }).Statement].flat());
}
