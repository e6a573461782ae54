/** Logical ids, and names of parameters, that a value of a template refers to; on all sides of its conditions. */
export function referencesIn(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(referencesIn);
  if (typeof value !== 'object' || value === null) return [];
  return [...referencesAt(value), ...Object.entries(value).flatMap(([key, inner]) => (key === 'Fn::GetAtt' ? [] : referencesIn(inner)))];
}

/** Those of an intrinsic function itself, without its arguments'. */
export function referencesAt(value: object): string[] {
  const { Ref: ref, 'Fn::GetAtt': attribute, 'Fn::Sub': text } = value as Readonly<Record<string, unknown>>;
  if (typeof ref === 'string') return [ref];
  if (attribute !== undefined) return [logicalIdOf(attribute)];
  return text === undefined ? [] : placeholdersIn(text);
}

function logicalIdOf(attribute: unknown): string {
  return String(Array.isArray(attribute) ? attribute[0] : attribute).split('.', 1)[0] as string;
}

function placeholdersIn(argument: unknown): string[] {
  const [text, variables] = Array.isArray(argument) ? argument : [argument, {}];
  const names = [...String(text).matchAll(/\$\{([^!}][^}]*)\}/g)].map(([, name = '']) => name.trim());
  return names.filter((name) => !Object.hasOwn(variables ?? {}, name)).map(logicalIdOf);
}
