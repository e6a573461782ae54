import type { Template } from '../assembly/template';
import { type ChangeSetRequest, invalid } from './stacks';

/** What a template says of a parameter (CloudFormation, Parameters). */
interface Declared {
  readonly Type: string;
  readonly Default?: unknown;
  readonly AllowedValues?: readonly unknown[];
  readonly AllowedPattern?: string;
  readonly MinLength?: number | string;
  readonly MaxLength?: number | string;
}

/** The value of an SSM parameter. */
export type ReadParameter = (name: string) => string | undefined;

/**
 * What the parameters of a stack are given: their values, those of before, or their defaults.
 * @throws CloudFormationError as AWS says it of what is missing, unknown or not allowed
 */
export function parameterValues(
  template: Template,
  given: ChangeSetRequest['parameters'],
  before: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const declared = (template.Parameters ?? {}) as Readonly<Record<string, Declared>>;
  const unknown = Object.keys(given).filter((name) => !Object.hasOwn(declared, name));
  if (unknown.length > 0) throw invalid(`Parameters: [${unknown.join(', ')}] do not exist in the template`);
  const values = Object.entries(declared).map(([name, { Default }]): [string, string | undefined] => {
    const value = Object.hasOwn(given, name) ? given[name] : undefined;
    const text = typeof value === 'object' ? before[name] : value;
    return [name, text ?? (Default === undefined ? undefined : String(Default))];
  });
  const missing = values.filter(([, value]) => value === undefined).map(([name]) => name);
  if (missing.length > 0) throw invalid(`Parameters: [${missing.join(', ')}] must have values`);
  for (const [name, value] of values) requireAllowed(name, value as string, declared[name] as Declared);
  return Object.fromEntries(values) as Record<string, string>;
}

/** The template with these values for defaults, and those of SSM parameters looked up. */
export function withParameters(template: Template, values: Readonly<Record<string, string>>, read: ReadParameter): Template {
  const Parameters = Object.fromEntries(
    Object.entries(template.Parameters ?? {}).map(([name, declared]) => {
      const [, kind] = /^AWS::SSM::Parameter::Value<(.+)>$/.exec(declared.Type) ?? [];
      const value = values[name] ?? '';
      if (kind === undefined) return [name, { ...declared, Default: listed(declared.Type, value) }];
      const found = read(value);
      if (found === undefined) throw invalid(`Unable to fetch parameters [${value}] from parameter store for this account.`);
      return [name, { ...declared, Type: kind, Default: listed(kind, found) }];
    }),
  );
  return { ...template, Parameters };
}

function listed(type: string, value: string): unknown {
  return type === 'CommaDelimitedList' || type.startsWith('List<') ? value.split(',').map((item) => item.trim()) : value;
}

function requireAllowed(name: string, value: string, { AllowedValues, AllowedPattern, MinLength, MaxLength }: Declared): void {
  if (AllowedValues && !AllowedValues.map(String).includes(value))
    throw invalid(`Template error: Parameter '${name}' must be one of AllowedValues`);
  if (AllowedPattern !== undefined && !new RegExp(`^(?:${AllowedPattern})$`).test(value))
    throw invalid(`Parameter ${name} failed to satisfy constraint: it must match pattern ${AllowedPattern}`);
  if (value.length < Number(MinLength ?? 0) || value.length > Number(MaxLength ?? Number.POSITIVE_INFINITY))
    throw invalid(`Parameter ${name} failed to satisfy constraint: its length must be between ${MinLength ?? 0} and ${MaxLength ?? 'any'}`);
}
