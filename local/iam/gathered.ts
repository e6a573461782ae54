import type { Stack } from '../assembly/cloud-assembly';
import type { Resource } from '../assembly/template';
import type { KnownRole } from './known-role';
import type { TemplateValues } from './policy-documents';
import type { Statement } from './statement';

/** What is gathered of the stacks, before roles are put together. */
export interface Gathered {
  readonly roles: DraftRole[];
  /** Statements by the name of the role that has them. */
  readonly attached: { readonly role: string; readonly statements: readonly Statement[] }[];
  /** Texts of managed policies, by ARN. */
  readonly managed: Map<string, readonly Statement[]>;
  readonly resources: Map<string, Statement[]>;
  readonly keys: Map<string, string>;
  readonly tags: Map<string, Readonly<Record<string, string>>>;
  readonly taskTags: Map<string, Readonly<Record<string, string>>>;
}

export interface DraftRole extends Pick<KnownRole, 'arn' | 'name' | 'path' | 'trust' | 'tags' | 'deploys'> {
  readonly inline: readonly Statement[];
  /** ARNs. */
  readonly policies: readonly string[];
  readonly boundary?: string;
}

/** One resource of a template, with what it is called. */
export interface Governing {
  readonly stack: Stack;
  readonly resource: Resource;
  readonly properties: Readonly<Record<string, unknown>>;
  readonly path: string;
  /** Value of `Ref`. */
  readonly ref: string;
  readonly arn: string;
  readonly values: TemplateValues;
}
