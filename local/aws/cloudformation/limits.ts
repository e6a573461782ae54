import { checkTemplate } from '../../cloudformation/template-check';
import { QUOTAS } from '../../quotas';
import { readTemplateText } from '../../template/template-text';
import { AwsError } from '../aws-error';
import { invalid } from '../query-request';

/** CloudFormation quotas (User Guide, "Understand CloudFormation quotas"). */
const MOST_RESOURCES = QUOTAS.resources.most;
const MOST_PARAMETERS = 200;
const MOST_OUTPUTS = 200;
const MOST_TAGS = 50;
const LONGEST_PARAMETER = 4096;

const STACK_NAME = /^[a-zA-Z][-a-zA-Z0-9]{0,127}$/;
const ARN = /^arn:[-\w]+:cloudformation:[-\w]+:\d{12}:stack\/[a-zA-Z][-a-zA-Z0-9]{0,127}\/[-\w]+$/;
const CHANGE_SET_NAME = /^[a-zA-Z][-a-zA-Z0-9]{0,127}$/;
const CHANGE_SET_ARN = /^arn:[-\w]+:cloudformation:[-\w]+:\d{12}:changeSet\/[a-zA-Z][-a-zA-Z0-9]{0,127}\/[-\w]+$/;

/** A template, read: what quotas count, and what is told of it. */
export interface Template {
  readonly Description?: unknown;
  readonly Metadata?: unknown;
  readonly AWSTemplateFormatVersion?: unknown;
  readonly Transform?: unknown;
  readonly Parameters?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly Resources: Readonly<Record<string, { readonly Type?: unknown }>>;
  readonly Outputs?: Readonly<Record<string, unknown>>;
}

/** Reads a template. @throws AwsError or CloudFormationError where it is none, or larger than a quota */
export function readTemplate(text: string): Template {
  const template = parsed(text);
  checkTemplate(template);
  const { Parameters = {}, Resources, Outputs = {} } = template as Template;
  for (const [found, most, what] of [
    [Resources, MOST_RESOURCES, 'resources'],
    [Parameters, MOST_PARAMETERS, 'parameters'],
    [Outputs, MOST_OUTPUTS, 'outputs'],
  ] as const) {
    const count = Object.keys(found).length;
    if (count > most)
      throw new AwsError('ValidationError', `Template format error: Number of ${what}, ${count}, is greater than maximum allowed, ${most}`);
  }
  return template as Template;
}

function parsed(text: string): unknown {
  try {
    return readTemplateText(text);
  } catch (error) {
    const kind = text.trimStart().startsWith('{') ? 'JSON' : 'YAML';
    throw new AwsError('ValidationError', `Template format error: ${kind} not well-formed. ${(error as Error).message}`);
  }
}

export function requireStackName(name: string): string {
  if (STACK_NAME.test(name)) return name;
  throw invalid(
    'StackName',
    `'${name}'`,
    'Member must satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*, and have at most 128 characters',
  );
}

/** A name, or the ARN. */
export function requireStack(name: string): string {
  if (STACK_NAME.test(name) || ARN.test(name)) return name;
  throw invalid('StackName', `'${name}'`, 'Member must satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*|arn:[-a-zA-Z0-9:/._+]*');
}

export function requireChangeSetName(name: string): string {
  if (CHANGE_SET_NAME.test(name)) return name;
  throw invalid(
    'ChangeSetName',
    `'${name}'`,
    'Member must satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*, and have at most 128 characters',
  );
}

/** A name, or the ARN. */
export function requireChangeSet(name: string): string {
  return CHANGE_SET_ARN.test(name) ? name : requireChangeSetName(name);
}

export function isArn(name: string): boolean {
  return name.startsWith('arn:');
}

export function requireTags(tags: readonly (readonly [string, string])[]): Readonly<Record<string, string>> {
  if (tags.length > MOST_TAGS)
    throw new AwsError('ValidationError', `Number of tags, ${tags.length}, is greater than maximum allowed, ${MOST_TAGS}`);
  for (const [key, value] of tags) {
    if (key.length < 1 || key.length > 128 || value.length > 256)
      throw invalid('Tags', `'${key}'`, 'Key has 1 to 128 characters, Value at most 256');
    if (key.startsWith('aws:')) throw new AwsError('ValidationError', 'aws: prefixed tag key names are not allowed for external use.');
  }
  if (new Set(tags.map(([key]) => key)).size < tags.length)
    throw new AwsError('ValidationError', 'Duplicate tag keys found. Please make each key unique.');
  return Object.fromEntries(tags);
}

export function requireParameterValue(key: string, value: string): string {
  if (Buffer.byteLength(value) <= LONGEST_PARAMETER) return value;
  throw new AwsError('ValidationError', `Parameter '${key}' is longer than ${LONGEST_PARAMETER} bytes.`);
}
