import type { Statement } from './statement';

/** A role that a stack makes, with all that says what it may do. */
export interface KnownRole {
  readonly arn: string;
  readonly name: string;
  /** `Stack/LogicalId`. */
  readonly path: string;
  readonly identity: readonly Statement[];
  /** Undefined where it has none, or one whose text is not known here. */
  readonly boundary?: readonly Statement[];
  /** Who may assume it. */
  readonly trust: readonly Statement[];
  readonly tags: Readonly<Record<string, string>>;
  /** ARNs of policies that it has and that no stack makes: what they say is not known. */
  readonly unknown: readonly string[];
  /** ARN of its boundary, where no stack makes that: it limits nothing here. */
  readonly unknownBoundary?: string;
  /** Whether it is of `cdk bootstrap`: whoever deploys acts by it, and is not judged. */
  readonly deploys: boolean;
}

/** Roles that a person may mean: of that name, else those whose path in the stack, or logical id, begins so. */
export function rolesNamed(asked: string, roles: readonly KnownRole[]): readonly KnownRole[] {
  const exact = roles.filter(({ name, arn, path }) => [name, arn, path].includes(asked));
  return exact.length > 0 ? exact : roles.filter(({ path }) => path.startsWith(asked) || path.replace(/^.*\//, '').startsWith(asked));
}
