import type { CloudFormationTemplate, TemplateResource } from '../local-account';

/** A CloudFormation template, as far as the local account reads it. */
export interface Template extends CloudFormationTemplate {
  readonly Resources: Readonly<Record<string, Resource>>;
  readonly Parameters?: Readonly<Record<string, { readonly Type: string; readonly Default?: unknown }>>;
  readonly Mappings?: Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, unknown>>>>>>;
  readonly Conditions?: Readonly<Record<string, unknown>>;
  readonly Outputs?: Readonly<Record<string, { readonly Value: unknown; readonly Export?: { readonly Name: unknown } }>>;
}

export interface Resource extends TemplateResource {
  readonly Condition?: string;
}

/** Where a resource stands: stack and logical id. */
export interface ResourceAddress {
  readonly stack: string;
  readonly logicalId: string;
}

export function addressText(address: ResourceAddress): string {
  return `${address.stack}/${address.logicalId}`;
}
