import type { Resource, Template } from '../assembly/template';

/** The logical ids that a value refers to by `Ref`, `Fn::GetAtt` or `Fn::Sub`. */
export function referencesOf(value: unknown): Set<string> {
  const found = new Set<string>();
  collect(value, found);
  return found;
}

/** What must exist before a resource: everything it refers to or names in DependsOn. */
export function dependenciesOf(resource: Resource, template: Template): string[] {
  const found = referencesOf(resource.Properties);
  // Metadata of our own may hold references too, but nothing waits for it.
  for (const id of [resource.DependsOn ?? []].flat()) found.add(id);
  return [...found].filter((id) => Object.hasOwn(template.Resources, id));
}

function collect(value: unknown, found: Set<string>): void {
  if (Array.isArray(value)) {
    for (const item of value) collect(item, found);
    return;
  }
  if (typeof value !== 'object' || value === null) return;
  for (const [key, item] of Object.entries(value)) {
    if (key === 'Ref' && typeof item === 'string') found.add(item);
    else if (key === 'Fn::GetAtt') found.add(String(Array.isArray(item) ? item[0] : item).split('.')[0] as string);
    else if (key === 'Fn::Sub') collectSubstitutions(item, found);
    else collect(item, found);
  }
}

function collectSubstitutions(argument: unknown, found: Set<string>): void {
  const [text, variables] = Array.isArray(argument) ? argument : [argument, {}];
  for (const [, name] of String(text).matchAll(/\$\{([^!}][^}]*)\}/g)) found.add((name as string).trim().split('.')[0] as string);
  collect(variables, found);
}

/** The first cycle among the resources of a template, as logical ids; undefined when there is none. */
export function findCycle(template: Template): string[] | undefined {
  const done = new Set<string>();
  const visit = (id: string, trail: readonly string[]): string[] | undefined => {
    if (trail.includes(id)) return [...trail.slice(trail.indexOf(id)), id];
    const resource = template.Resources[id];
    if (done.has(id) || !resource) return undefined;
    for (const dependency of dependenciesOf(resource, template)) {
      const cycle = visit(dependency, [...trail, id]);
      if (cycle) return cycle;
    }
    done.add(id);
    return undefined;
  };
  for (const id of Object.keys(template.Resources)) {
    const cycle = visit(id, []);
    if (cycle) return cycle;
  }
  return undefined;
}
