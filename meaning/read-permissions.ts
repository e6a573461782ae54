import type { Template } from '../local/assembly/template';
import type { Permission } from './declared';
import { type Located, referenceIn, refersTo, resourceOf, resourcesOf } from './resources';
import { textOf, wordsOf } from './symbolic';
import { listOf, type Members, membersOf } from './told';

/** What a task's role may do. */
export function permissionsOfTask(template: Template, task: Located): readonly Permission[] {
  const role = referenceIn(task.properties.TaskRoleArn);
  return role === undefined ? [] : permissionsOfRole(template, role);
}

/** What roles may do with some tables, other than those that are told of elsewhere. */
export function tableAccess(template: Template, tables: readonly string[], except: readonly (string | undefined)[]): readonly Permission[] {
  return resourcesOf(template, 'AWS::IAM::Role')
    .filter(({ id }) => !except.includes(id))
    .flatMap(({ id }) => permissionsOfRole(template, id))
    .filter(({ resource }) => tables.some((table) => new RegExp(`<${table}[.>]`).test(resource)));
}

function permissionsOfRole(template: Template, role: string): readonly Permission[] {
  const properties = resourceOf(template, role)?.properties ?? {};
  const attached = resourcesOf(template, 'AWS::IAM::Policy', 'AWS::IAM::ManagedPolicy').filter(
    ({ id, properties: policy }) => refersTo(policy.Roles, role) || refersTo(properties.ManagedPolicyArns, id),
  );
  const documents = [
    ...(listOf(properties.Policies) ?? []).map((policy) => membersOf(policy)?.PolicyDocument),
    ...attached.map(({ properties: policy }) => policy.PolicyDocument),
  ];
  const managed = (listOf(properties.ManagedPolicyArns) ?? [])
    .filter((arn) => !attached.some(({ id }) => refersTo(arn, id)))
    .map(
      (arn): Permission => ({
        effect: 'Allow',
        action: 'whatever the policy says',
        resource: textOf(arn),
        condition: '',
        role: `<${role}>`,
      }),
    );
  return [...documents.flatMap((document) => statementsIn(document, role)), ...managed];
}

function statementsIn(document: unknown, role: string): Permission[] {
  return listed(membersOf(document)?.Statement).flatMap((statement) => permissionsIn(membersOf(statement) ?? {}, `<${role}>`));
}

function permissionsIn(statement: Members, role: string): Permission[] {
  const { Action, NotAction, Resource, NotResource, Condition, Effect } = statement;
  const effect = Effect === 'Deny' ? 'Deny' : 'Allow';
  const condition = Condition === undefined ? '' : wordsOf(Condition);
  const actions = NotAction === undefined ? listed(Action).map(textOf) : [`all but ${listed(NotAction).map(textOf).join(' and ')}`];
  const resources = NotResource === undefined ? listed(Resource).map(textOf) : [`all but ${listed(NotResource).map(textOf).join(' and ')}`];
  return actions.flatMap((action) => resources.map((resource) => ({ effect, action, resource, condition, role }) as const));
}

function listed(value: unknown): readonly unknown[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value];
}
