import type { Stack } from '../assembly/cloud-assembly';
import { addressText } from '../assembly/template';
import type { World } from '../template/scope';
import type { Gathered } from './gathered';
import type { KnownRole } from './known-role';
import { TemplateValues } from './policy-documents';
import { KINDS } from './policy-kinds';
import type { Statement } from './statement';

/** What the templates of an account say of who may do what. */
export interface PolicyBook {
  /** By ARN. */
  readonly roles: ReadonlyMap<string, KnownRole>;
  /** Policies of resources, by ARN. */
  readonly resources: ReadonlyMap<string, readonly Statement[]>;
  /** ARNs of keys, by the ARN of what is encrypted with them. */
  readonly keys: ReadonlyMap<string, string>;
  readonly tags: ReadonlyMap<string, Readonly<Record<string, string>>>;
  /** Tags that services hand down to their tasks, by the service's ARN. */
  readonly taskTags: ReadonlyMap<string, Readonly<Record<string, string>>>;
}

export const NO_POLICIES: PolicyBook = { roles: new Map(), resources: new Map(), keys: new Map(), tags: new Map(), taskTags: new Map() };

/** Reads every policy of the stacks, as far as what they name is there. @param tell of documents that are none */
export function readPolicies(stacks: readonly Stack[], world: World, tell: (problem: string) => void): PolicyBook {
  const gathered: Gathered = {
    roles: [],
    attached: [],
    managed: new Map(),
    resources: new Map(),
    keys: new Map(),
    tags: new Map(),
    taskTags: new Map(),
  };
  for (const stack of stacks) {
    const values = new TemplateValues(stack, world, tell);
    for (const [logicalId, resource] of Object.entries(stack.template.Resources)) {
      const names = world.names(stack, logicalId);
      const kind = names && KINDS[resource.Type];
      if (!names || !kind) continue;
      const ref = String(names.ref);
      const arn = ref.startsWith('arn:') ? ref : String(names.attribute('Arn') ?? ref);
      const path = addressText({ stack: stack.name, logicalId });
      kind({ stack, resource, properties: resource.Properties ?? {}, path, ref, arn, values }, gathered);
    }
  }
  return bookOf(gathered);
}

function bookOf({ roles, attached, managed, ...rest }: Gathered): PolicyBook {
  const known = roles.map((draft): [string, KnownRole] => {
    const { inline, policies, boundary, ...role } = draft;
    const own = attached.filter(({ role: name }) => name === role.name).flatMap(({ statements }) => statements);
    const limit = boundary === undefined ? undefined : managed.get(boundary);
    const unknown = policies.filter((arn) => !managed.has(arn));
    const unknownBoundary = boundary !== undefined && limit === undefined ? boundary : undefined;
    const identity = [...inline, ...own, ...policies.flatMap((arn) => managed.get(arn) ?? [])];
    return [role.arn, { ...role, identity, unknown, ...(limit && { boundary: limit }), ...(unknownBoundary && { unknownBoundary }) }];
  });
  return { roles: new Map(known), ...rest };
}
