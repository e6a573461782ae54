import type { Resource, Template } from '../assembly/template';
import { differing } from './difference';
import { referencesIn } from './references';
import { recreationOf } from './replacements';
import type { PropertyChange, ResourceChange } from './stacks';
import { changesBetween } from './template-changes';

const ATTRIBUTES = ['Metadata', 'DeletionPolicy', 'UpdateReplacePolicy', 'CreationPolicy', 'UpdatePolicy'] as const;

/** What would become of each resource, as a change set tells it; what only the deployment shows is `Conditional`. */
export function resourceChanges(
  before: Template,
  after: Template,
  physicalId: (logicalId: string) => string | undefined,
  imported: ReadonlySet<string> = new Set(),
): ResourceChange[] {
  const changes = changesBetween(before, after);
  const touched = new Set([...changes.replaced, ...changes.mayBeReplaced]);
  const had = Object.entries(before.Resources);
  const has = Object.entries(after.Resources);
  const removed = had.filter(([id]) => changes.removed.has(id));
  return [
    ...has.flatMap(([logicalId, resource]): ResourceChange[] => {
      const base = { logicalId, type: resource.Type, ...physical(logicalId) };
      if (changes.added.has(logicalId)) return [{ ...base, action: imported.has(logicalId) ? 'Import' : 'Add', details: [] }];
      const old = before.Resources[logicalId] as Resource;
      const details = [...detailsOf(old, resource), ...causedBy(resource, touched)];
      if (details.length === 0) return [];
      const replaced = changes.replaced.has(logicalId);
      const replacement = replaced ? 'True' : changes.mayBeReplaced.has(logicalId) ? 'Conditional' : 'False';
      const policyAction = replaced ? ({ policyAction: replacedPolicy(old) } as const) : {};
      return [{ ...base, action: 'Modify', replacement, ...policyAction, details }];
    }),
    ...removed.map(([logicalId, resource]): ResourceChange => {
      const policyAction = kept(resource.DeletionPolicy) ?? 'Delete';
      return { action: 'Remove', logicalId, type: resource.Type, ...physical(logicalId), policyAction, details: [] };
    }),
  ];

  function physical(logicalId: string): { physicalId?: string } {
    const id = physicalId(logicalId);
    return id === undefined ? {} : { physicalId: id };
  }
}

function detailsOf(before: Resource, after: Resource): PropertyChange[] {
  const properties = differing(before.Properties ?? {}, after.Properties ?? {}).map((property): PropertyChange => {
    if (property === 'Tags') return { attribute: 'Tags', recreation: 'Never' };
    return { attribute: 'Properties', property, recreation: recreationOf(after.Type, property) };
  });
  const attributes = differing(before, after).filter((name) => ATTRIBUTES.some((attribute) => attribute === name));
  return [
    ...properties,
    ...attributes.map((name): PropertyChange => ({ attribute: name as (typeof ATTRIBUTES)[number], recreation: 'Never' })),
  ];
}

/** Properties that read what is replaced. */
function causedBy(resource: Resource, replaced: ReadonlySet<string>): PropertyChange[] {
  return Object.entries(resource.Properties ?? {}).flatMap(([property, value]) =>
    referencesIn(value)
      .filter((id) => replaced.has(id))
      .map((cause): PropertyChange => ({ attribute: 'Properties', property, recreation: recreationOf(resource.Type, property), cause })),
  );
}

function replacedPolicy({ UpdateReplacePolicy }: Resource): NonNullable<ResourceChange['policyAction']> {
  const policy = kept(UpdateReplacePolicy);
  return policy === undefined ? 'ReplaceAndDelete' : `ReplaceAnd${policy}`;
}

function kept(policy: string | undefined): 'Retain' | 'Snapshot' | undefined {
  if (policy === 'Snapshot') return 'Snapshot';
  return policy?.startsWith('Retain') ? 'Retain' : undefined;
}
