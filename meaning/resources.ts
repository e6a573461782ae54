import type { Resource, Template } from '../local/assembly/template';
import { referencesIn } from '../local/cloudformation/references';
import { pathOf, textOf } from './symbolic';
import { listOf, type Members, membersOf } from './told';

export interface Located {
  readonly id: string;
  readonly resource: Resource;
  readonly properties: Members;
}

export function resourcesOf({ Resources }: Template, ...types: readonly string[]): readonly Located[] {
  return Object.entries(Resources)
    .filter(([, { Type }]) => types.includes(Type))
    .map(([id, resource]) => ({ id, resource, properties: resource.Properties ?? {} }));
}

export function resourceOf({ Resources }: Template, id: string | undefined): Located | undefined {
  const resource = id === undefined || !Object.hasOwn(Resources, id) ? undefined : Resources[id];
  return resource && { id: id as string, resource, properties: resource.Properties ?? {} };
}

export interface Container {
  readonly task: Located;
  readonly name: string;
  readonly properties: Members;
  readonly environment: ReadonlyMap<string, unknown>;
  readonly secrets: ReadonlyMap<string, unknown>;
}

export function containersOf(template: Template): readonly Container[] {
  return resourcesOf(template, 'AWS::ECS::TaskDefinition').flatMap((task) =>
    (listOf(task.properties.ContainerDefinitions) ?? []).map((definition) => {
      const properties = membersOf(definition) ?? {};
      const environment = named(properties.Environment, 'Value');
      return { task, name: textOf(properties.Name), properties, environment, secrets: named(properties.Secrets, 'ValueFrom') };
    }),
  );
}

/** Whether a value refers to a resource. */
export function refersTo(value: unknown, id: string): boolean {
  return referencesIn(value).includes(id);
}

/** The one resource that a value refers to first. */
export function referenceIn(value: unknown): string | undefined {
  return referencesIn(value)[0];
}

/** Where a resource stands in a fleet; undefined where it stands elsewhere, or nobody tells. */
export function placeIn(fleet: string | undefined, { resource }: Located): string | undefined {
  const path = pathOf(resource.Metadata);
  return fleet !== undefined && path?.startsWith(`${fleet}/`) ? path.slice(fleet.length + 1) : undefined;
}

/** Whether a resource tells where it stands. */
export function isPlaced({ resource }: Pick<Located, 'resource'>): boolean {
  return pathOf(resource.Metadata) !== undefined;
}

function named(list: unknown, member: string): ReadonlyMap<string, unknown> {
  return new Map((listOf(list) ?? []).map((item) => [textOf(membersOf(item)?.Name), membersOf(item)?.[member]]));
}
