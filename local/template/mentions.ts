/** What a value of a template names by an intrinsic function; on all sides of its conditions. */
export interface Mentions {
  /** By `Ref`, and by `Fn::Sub` without an attribute. */
  readonly refs: Set<string>;
  /** By `Fn::GetAtt`, and by `Fn::Sub` with an attribute. */
  readonly attributes: Set<string>;
  /** By `Fn::If`, and where conditions are defined by `Condition`. */
  readonly conditions: Set<string>;
  readonly mappings: Set<string>;
  readonly functions: Set<string>;
}

/** @param inCondition whether `Condition` is a function, and not a property like any other */
export function mentionsIn(value: unknown, { inCondition = false } = {}): Mentions {
  const found: Mentions = { refs: new Set(), attributes: new Set(), conditions: new Set(), mappings: new Set(), functions: new Set() };
  const look = (part: unknown): void => {
    if (typeof part !== 'object' || part === null) return;
    for (const [key, argument] of Object.entries(part)) {
      const isCall = key.startsWith('Fn::') && Object.keys(part).length === 1;
      if (isCall) found.functions.add(key);
      if (key === 'Ref' && typeof argument === 'string') found.refs.add(argument);
      else if (key === 'Fn::GetAtt')
        found.attributes.add(String(Array.isArray(argument) ? argument[0] : argument).split('.', 1)[0] as string);
      else if (key === 'Fn::Sub') lookInText(argument);
      else if (key === 'Fn::If' && Array.isArray(argument)) found.conditions.add(String(argument[0]));
      else if (key === 'Fn::FindInMap' && Array.isArray(argument) && typeof argument[0] === 'string') found.mappings.add(argument[0]);
      else if (key === 'Condition' && inCondition && typeof argument === 'string') found.conditions.add(argument);
      look(argument);
    }
  };
  const lookInText = (argument: unknown): void => {
    const [text, variables] = Array.isArray(argument) ? argument : [argument, {}];
    for (const [, placeholder = ''] of String(text).matchAll(/\$\{([^!}][^}]*)\}/g)) {
      const name = placeholder.trim();
      if (Object.hasOwn(variables ?? {}, name)) continue;
      const [id = '', attribute] = name.split('.', 2);
      (attribute === undefined ? found.refs : found.attributes).add(id);
    }
  };
  look(value);
  return found;
}
