import { Duration, Size } from 'aws-cdk-lib';
import { Construct } from 'constructs';

/** Of a value that is too long to be read in a sentence, its beginning is shown. */
const SHOWN_CHARACTERS = 200;

/** Words about a value, where the value itself is not to be shown. */
export class Words {
  constructor(readonly text: string) {}
}

/** A value as a sentence shows it: what a template would hold is shown as it is, of anything else, what it is. */
export function shown(value: unknown): string {
  const text = textOf(value);
  return text.length <= SHOWN_CHARACTERS ? text : `${text.slice(0, SHOWN_CHARACTERS)}…`;
}

function textOf(value: unknown): string {
  if (value instanceof Words) return value.text;
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (typeof value === 'bigint') return `${value}n`;
  if (Array.isArray(value)) return `[${value.map(textOf).join(',')}]`;
  return kindOf(value);
}

/** What a value is, without anything that it holds but the names of its members: a secret may stand where nobody expects it. */
export function kindOf(value: unknown): string {
  if (value === undefined) return 'missing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value !== 'object') return `a ${typeof value}`;
  if (Construct.isConstruct(value)) return `the construct ${value.node.path}`;
  if (value instanceof Duration || value instanceof Size) return value.isUnresolved() ? value.constructor.name : value.toString();
  const name = classOf(value);
  if (name !== undefined) return withArticle(name);
  const members = Object.keys(value);
  return members.length === 0 ? 'an object without members' : `an object with ${members.join(', ')}`;
}

export function withArticle(name: string): string {
  return `${/^[AEIOU]/.test(name) ? 'an' : 'a'} ${name}`;
}

/** Name of the class that made an object; undefined for a plain one. */
export function classOf(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const made: unknown = Object.getPrototypeOf(value)?.constructor;
  if (typeof made !== 'function' || made.name === 'Object' || made.name === '') return undefined;
  return made.name;
}
