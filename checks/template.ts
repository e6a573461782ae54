import type { CloudFormationTemplate, TemplateResource } from '../local/local-account';

/** Where the synthesized templates are. */
export interface Templates {
  readonly templates: Readonly<Record<string, CloudFormationTemplate>>;
}

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

export function resourcesOf({ templates }: Templates, type: string): readonly Located[] {
  return Object.entries(templates).flatMap(([stack, template]) =>
    Object.entries(template.Resources)
      .filter(([, resource]) => resource.Type === type)
      .map(([id, resource]) => ({ stack, id, resource })),
  );
}

export function containersOf(account: Templates): readonly Container[] {
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

/** A document that a container or function is given as JSON in a variable; what CloudFormation fills in later stands as a word. */
export function documentIn<T>(environment: Readonly<Record<string, unknown>>, variable: string): T | undefined {
  const value = environment[variable];
  return value === undefined ? undefined : (JSON.parse(textOf(value)) as T);
}

/** Text of a value, with what is filled in later as `<logical id>`. */
export function textOf(value: unknown): string {
  const join = (value as { 'Fn::Join'?: readonly [string, readonly unknown[]] } | null)?.['Fn::Join'];
  if (join !== undefined) return join[1].map(textOf).join(join[0]);
  return typeof value === 'object' ? `<${referencesIn(value)[0] ?? 'pseudo parameter'}>` : String(value);
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

interface Output {
  readonly Value?: unknown;
  readonly Export?: { readonly Name?: unknown };
}

/** What stacks export, by name, and what that is in the stack that does. */
export function exportsOf({ templates }: Templates): readonly { readonly name: string; readonly from: string; readonly value: unknown }[] {
  return Object.entries(templates).flatMap(([from, template]) => {
    const outputs = ((template as { readonly Outputs?: unknown }).Outputs ?? {}) as Readonly<Record<string, Output>>;
    return Object.values(outputs).flatMap(({ Value: value, Export }) =>
      Export === undefined ? [] : [{ name: String(Export.Name), from, value }],
    );
  });
}

function named(list: unknown, valueMember: string): Readonly<Record<string, unknown>> {
  return Object.fromEntries(((list ?? []) as readonly Properties[]).map((item) => [String(item.Name), item[valueMember]]));
}
