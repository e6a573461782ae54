import { readFileSync, statSync } from 'node:fs';
import { LocalAccountError } from '../account-error';
import type { CloudFormationTemplate, TemplateResource } from '../local-account';
import { QUOTAS } from '../quotas';
import { parseTemplateText } from '../template/template-text';

/** A CloudFormation template, as far as the local account reads it. */
export interface Template extends CloudFormationTemplate {
  readonly Resources: Readonly<Record<string, Resource>>;
  readonly Parameters?: Readonly<Record<string, { readonly Type: string; readonly Default?: unknown }>>;
  readonly Mappings?: Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, unknown>>>>>>;
  readonly Conditions?: Readonly<Record<string, unknown>>;
  readonly Outputs?: Readonly<Record<string, Output>>;
}

export interface Output {
  readonly Value: unknown;
  readonly Export?: { readonly Name: unknown };
  readonly Description?: string;
  readonly Condition?: string;
}

export interface Resource extends TemplateResource {
  readonly Condition?: string;
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
}

/**
 * Reads the template of a stack. One without resources has an empty map of them; what is no resource (a macro's `Fn::ForEach`)
 * is left out.
 * @throws LocalAccountError when it is no JSON
 */
export function readTemplate(file: string): Template {
  const template = templateIn(file);
  const resources = Object.keys(template.Resources).length;
  if (resources <= QUOTAS.resources.most) return template;
  throw tooLarge(file, `${resources} resources`, `${QUOTAS.resources.most}`);
}

function templateIn(file: string): Template {
  const { size } = statSync(file, { throwIfNoEntry: false }) ?? { size: 0 };
  if (size > QUOTAS.template.most) throw tooLarge(file, `${size} bytes`, `${QUOTAS.template.most}`);
  try {
    return templateOf(JSON.parse(readFileSync(file, 'utf8')));
  } catch (cause) {
    throw new LocalAccountError('INVALID_ASSEMBLY', `The template ${file} cannot be read as JSON. Synthesize the app again.`, { cause });
  }
}

function tooLarge(file: string, found: string, allowed: string): LocalAccountError {
  const message = `The template ${file} has ${found}; allowed: ${allowed} (CloudFormation). Divide it among several stacks, or nested ones.`;
  return new LocalAccountError('INVALID_ASSEMBLY', message);
}

/** As {@link readTemplate}, of a text in JSON or YAML. @throws Error when it is neither */
export function parseTemplate(text: string): Template {
  return templateOf(parseTemplateText(text));
}

function templateOf(value: unknown): Template {
  const template = value as Partial<Template>;
  const resources = Object.entries(template.Resources ?? {}).filter(([, resource]) => typeof resource?.Type === 'string');
  return { ...template, Resources: Object.fromEntries(resources) };
}

/** Where a resource stands: stack and logical id. */
export interface ResourceAddress {
  readonly stack: string;
  readonly logicalId: string;
}

export function addressText(address: ResourceAddress): string {
  return `${address.stack}/${address.logicalId}`;
}
