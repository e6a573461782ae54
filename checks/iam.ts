import { type Located, referencesIn, resourcesOf, type Templates } from './template';

/** One allowed action of a role on a resource. */
export interface Permission {
  readonly action: string;
  /** Whether the statement names every resource. */
  readonly anyResource: boolean;
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
export function permissionsOn(account: Templates, stack: string, role: string, resource: string): readonly Permission[] {
  return statementsOf(account, stack, role)
    .filter((statement) => statement.Effect === 'Allow')
    .flatMap((statement) => {
      const anyResource = [statement.Resource].flat().includes('*');
      if (!anyResource && !referencesIn(statement.Resource).includes(resource)) return [];
      if (statement.NotAction !== undefined) return [{ action: '*', anyResource }];
      return [statement.Action ?? []].flat().map((action) => ({ action, anyResource }));
    });
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
