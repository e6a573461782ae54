import type { LocalAccount, TemplateResource } from '../local-account';

/** A resource and where it stands in the assembly. */
export interface Located {
  readonly stack: string;
  readonly id: string;
  readonly resource: TemplateResource;
}

/** A container of a task definition. */
export interface Container extends Located {
  readonly name: string;
  readonly environment: Readonly<Record<string, unknown>>;
  /** Injected secrets by variable name, with what `ValueFrom` holds. */
  readonly secrets: Readonly<Record<string, unknown>>;
}

type Properties = Readonly<Record<string, unknown>>;

export function resourcesOf(account: LocalAccount, type: string): readonly Located[] {
  return Object.entries(account.templates).flatMap(([stack, template]) =>
    Object.entries(template.Resources)
      .filter(([, resource]) => resource.Type === type)
      .map(([id, resource]) => ({ stack, id, resource })),
  );
}

export function containersOf(account: LocalAccount): readonly Container[] {
  return resourcesOf(account, 'AWS::ECS::TaskDefinition').flatMap((located) => {
    const definitions = (located.resource.Properties?.ContainerDefinitions ?? []) as readonly Properties[];
    return definitions.map((definition) => ({
      ...located,
      name: String(definition.Name),
      environment: named(definition.Environment, 'Value'),
      secrets: named(definition.Secrets, 'ValueFrom'),
    }));
  });
}

/** Logical ids that a value names with `Ref`, `Fn::GetAtt` or `Fn::Sub`. */
export function referencesIn(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.flatMap(referencesIn);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    if (key === 'Ref') return [String(inner)];
    if (key === 'Fn::GetAtt') return [String(Array.isArray(inner) ? inner[0] : String(inner).split('.')[0])];
    if (key === 'Fn::Sub' && typeof inner === 'string') return [...inner.matchAll(/\$\{([A-Za-z0-9]+)/g)].map((match) => match[1] ?? '');
    return referencesIn(inner);
  });
}

function named(list: unknown, valueMember: string): Readonly<Record<string, unknown>> {
  return Object.fromEntries(((list ?? []) as readonly Properties[]).map((item) => [String(item.Name), item[valueMember]]));
}
