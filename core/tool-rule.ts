import type { ArgumentCondition } from './argument-condition';
import type { CallLimit, ToolRule } from './policy';
import { isToolName } from './tool-name';

type Test = (value: unknown) => boolean;

const NUMBER = /^-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
const isText: Test = (value) => typeof value === 'string';
const isNumber: Test = (value) => isText(value) && NUMBER.test(value as string);
const isScalar: Test = (value) => isNumber(value) || value === 'true' || value === 'false' || isQuoted(value);

const CONDITION: Readonly<Record<keyof ArgumentCondition, Test>> = {
  oneOf: (value) => Array.isArray(value) && value.length > 0 && value.every(isScalar),
  atLeast: isNumber,
  atMost: isNumber,
  matches: isText,
  absent: (value) => value === 'allowed' || value === 'required',
};
const LIMIT: Readonly<Record<keyof CallLimit, Test>> = {
  calls: (value) => Number.isInteger(value) && (value as number) > 0,
  per: (value) => value === 'task' || value === 'hour',
};
const RULE: Readonly<Record<keyof ToolRule, Test>> = {
  tool: isToolName,
  when: (value) => isObject(value) && Object.values(value).every((condition) => isObject(condition) && hasOnly(condition, CONDITION)),
  atMost: (value) => isObject(value) && Object.keys(LIMIT).every((name) => name in value) && hasOnly(value, LIMIT),
};

/** Whether rules can be kept to: a bound that is not understood must not count as none. */
export function areToolRules(value: unknown): value is readonly ToolRule[] {
  return Array.isArray(value) && value.every((rule) => isObject(rule) && 'tool' in rule && hasOnly(rule, RULE));
}

function hasOnly(object: object, tests: Readonly<Record<string, Test>>): boolean {
  return Object.entries(object).every(([name, value]) => Object.hasOwn(tests, name) && (tests[name] as Test)(value));
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** JSON text of a text. */
function isQuoted(value: unknown): boolean {
  if (typeof value !== 'string' || value[0] !== '"') return false;
  try {
    return typeof JSON.parse(value) === 'string';
  } catch {
    return false;
  }
}
