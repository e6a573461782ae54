import { isKnownKey } from './condition-keys';
import { type Context, matches, matchesArn, substituted } from './pattern';
import type { Conditions } from './statement';

/** What conditions come to for a request. */
export interface Weighed {
  /** Undefined where they say something that is not known here. */
  readonly holds: boolean | undefined;
  /** In words, where `holds` is undefined. */
  readonly unknown?: string;
  /** Keys that were looked at, in small letters. */
  readonly keys: readonly string[];
}

type Compare = (given: string, wanted: string, context: Context) => boolean;

const FORM = /^(?:(ForAllValues|ForAnyValue):)?(\w+?)(IfExists)?$/;

/** Whether all conditions of a statement hold (IAM User Guide, "IAM JSON policy elements: Condition operators"). */
export function weigh(conditions: Conditions, context: Context): Weighed {
  const keys: string[] = [];
  let holds = true;
  let unknown: string | undefined;
  for (const [operator, wanted] of Object.entries(conditions)) {
    for (const [key, values] of Object.entries(wanted)) {
      keys.push(key.toLowerCase());
      const strange = unknownIn(operator, key);
      unknown ??= strange;
      if (strange === undefined) holds &&= holdsOne(operator, context.get(key.toLowerCase()), values, context);
    }
  }
  // One that does not hold is enough to know.
  return holds && unknown !== undefined ? { holds: undefined, unknown, keys } : { holds, keys };
}

function unknownIn(operator: string, key: string): string | undefined {
  const [, , name = ''] = FORM.exec(operator) ?? [];
  if (name !== 'Null' && !Object.hasOwn(OPERATORS, name)) return `the condition operator ${operator}`;
  return isKnownKey(key) ? undefined : `the condition key ${key}`;
}

function holdsOne(operator: string, given: readonly string[] | undefined, wanted: readonly string[], context: Context): boolean {
  const [, quantifier, name = '', ifExists] = FORM.exec(operator) ?? [];
  const isAbsent = given === undefined || given.length === 0;
  if (name === 'Null') return wanted.some((want) => (want.toLowerCase() === 'true') === isAbsent);
  const [compare, negated] = OPERATORS[name] as readonly [Compare, boolean];
  const one = (value: string): boolean => wanted.some((want) => compare(value, want, context)) !== negated;
  // ForAllValues holds where the request has no value at all; ForAnyValue and a plain operator do not, unless they say "not".
  if (isAbsent) return ifExists !== undefined || quantifier === 'ForAllValues' || (negated && quantifier === undefined);
  return quantifier === 'ForAllValues' || quantifier === undefined ? given.every(one) : given.some(one);
}

const equals: Compare = (given, wanted, context) => substituted(wanted, context) === given;
const equalsInAnyCase: Compare = (given, wanted, context) => substituted(wanted, context)?.toLowerCase() === given.toLowerCase();
const like: Compare = (given, wanted, context) => matches(wanted, given, context);
const arnLike: Compare = (given, wanted, context) => matchesArn(wanted, given, context);
const number = (is: (given: number, wanted: number) => boolean): Compare => {
  return (given, wanted) => is(Number(given), Number(wanted));
};
const moment = (is: (given: number, wanted: number) => boolean): Compare => {
  return (given, wanted) => is(timeOf(given), timeOf(wanted));
};

/** By name: how two values are compared, and whether it is the opposite that is wanted. */
const OPERATORS: Readonly<Record<string, readonly [Compare, boolean]>> = {
  StringEquals: [equals, false],
  StringNotEquals: [equals, true],
  StringEqualsIgnoreCase: [equalsInAnyCase, false],
  StringNotEqualsIgnoreCase: [equalsInAnyCase, true],
  StringLike: [like, false],
  StringNotLike: [like, true],
  ArnEquals: [arnLike, false],
  ArnNotEquals: [arnLike, true],
  ArnLike: [arnLike, false],
  ArnNotLike: [arnLike, true],
  Bool: [equalsInAnyCase, false],
  BinaryEquals: [equals, false],
  NumericEquals: [number((given, wanted) => given === wanted), false],
  NumericNotEquals: [number((given, wanted) => given === wanted), true],
  NumericLessThan: [number((given, wanted) => given < wanted), false],
  NumericLessThanEquals: [number((given, wanted) => given <= wanted), false],
  NumericGreaterThan: [number((given, wanted) => given > wanted), false],
  NumericGreaterThanEquals: [number((given, wanted) => given >= wanted), false],
  DateEquals: [moment((given, wanted) => given === wanted), false],
  DateNotEquals: [moment((given, wanted) => given === wanted), true],
  DateLessThan: [moment((given, wanted) => given < wanted), false],
  DateLessThanEquals: [moment((given, wanted) => given <= wanted), false],
  DateGreaterThan: [moment((given, wanted) => given > wanted), false],
  DateGreaterThanEquals: [moment((given, wanted) => given >= wanted), false],
};

/** ISO 8601, or seconds since the epoch. */
function timeOf(text: string): number {
  return /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text);
}
