import { didYouMean } from './nearest';
import type { Problem } from './problems';
import { classOf, kindOf, Words, withArticle } from './shown';

/**
 * What a value has to be, before anything is read of it. TypeScript says the same, and plain JavaScript says nothing: what is missing
 * there, or is something else, is told like any other problem and not by whatever breaks on it.
 */
export interface Kind {
  (what: string, value: unknown): Problem[];
  readonly optional?: undefined;
}

/** A kind that may be left out. */
export interface OptionalKind {
  (what: string, value: unknown): Problem[];
  readonly optional: true;
}

/** A kind for each property of an interface: the compiler finds the one that was forgotten, or that is optional here and not there. */
export type Shape<Props> = { readonly [Name in keyof Props]-?: undefined extends Props[Name] ? OptionalKind : Kind };

/** What is wrong with the members of an object. @param prefix of their names */
export function memberProblems<Props>(what: string, value: unknown, shape: Shape<Props>, prefix = `${what}.`): Problem[] {
  const kinds = Object.entries(shape) as [string, Kind | OptionalKind][];
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    const needed = kinds.filter(([, kind]) => kind.optional !== true).map(([name]) => name);
    const allowed = needed.length === 0 ? 'an object' : `an object with ${needed.join(', ')}`;
    return [{ what, got: value, allowed, fix: `Write { ${needed.map((name) => `${name}: …`).join(', ') || '…'} }.` }];
  }
  const known = kinds.map(([name]) => name);
  return [
    ...kinds.flatMap(([name, kind]) => kind(`${prefix}${name}`, (value as Record<string, unknown>)[name])),
    ...Object.keys(value)
      .filter((name) => !known.includes(name) && (value as Record<string, unknown>)[name] !== undefined)
      .map((name) => unknownMember(`${prefix}${name}`, name, known)),
  ];
}

/** What nobody reads would silently not hold: a key that is not demanded, a domain that is not set. */
function unknownMember(what: string, name: string, known: readonly string[]): Problem {
  const fix = `${didYouMean(name, known)}What is written there has no effect: correct the name, or leave it out.`;
  return { what, got: new Words('a property that there is not'), allowed: known.join(', '), fix };
}

export function optional(kind: Kind): OptionalKind {
  const judge = (what: string, value: unknown) => (value === undefined ? [] : kind(what, value));
  return Object.assign(judge, { optional: true as const });
}

/** Of what is wrong under it, only its kind is told: the value may be a secret. */
export function unshown(kind: Kind): Kind {
  const hide = (got: unknown) => (got instanceof Words ? got : new Words(kindOf(got)));
  return (what, value) => kind(what, value).map((problem) => ({ ...problem, got: hide(problem.got) }));
}

export const text = (fix = 'Write a string.') => kindThat('a string', fix, (value) => typeof value === 'string');
export const number = (fix = 'Write a number.') => kindThat('a number', fix, (value) => typeof value === 'number');
export const flag = kindThat('true or false', 'Write one of them, without quotes.', (value) => typeof value === 'boolean');
export const duration = having('toSeconds', 'a Duration', 'Write Duration.seconds(…), of aws-cdk-lib.');
export const size = having('toMebibytes', 'a Size', 'Write Size.mebibytes(…), of aws-cdk-lib.');

/** What the template can carry as it is. */
export const json = kindThat('JSON', 'Write texts, numbers, lists and objects.', (value) => value === undefined || isJson(value));

/** One of an enumeration's values. */
export function oneOf(values: Readonly<Record<string, string>>, name: string): Kind {
  const ways = Object.keys(values).map((member) => `${name}.${member}`);
  return kindThat(ways.join(', '), 'Choose one of them.', (value) => Object.values<unknown>(values).includes(value));
}

/** An object of another package: known by a member, for the same class may come from several copies of its package. */
export function having(member: string, allowed: string, fix: string): Kind {
  return kindThat(allowed, fix, (value) => typeof value === 'object' && value !== null && member in value);
}

// biome-ignore lint/suspicious/noExplicitAny: constructors of our classes are private, whatever they take
type OwnClass = { readonly name: string; readonly prototype: any };

/** An object of a class of this package. */
export function made(type: OwnClass, fix = `Make it by ${waysToMake(type)}.`): Kind {
  return (what, value) => {
    if (typeof value === 'object' && value !== null && Object.prototype.isPrototypeOf.call(type.prototype, value)) return [];
    const allowed = withArticle(type.name);
    if (classOf(value) !== type.name) return [{ what, got: value, allowed, fix }];
    const got = new Words(`${allowed} of another copy of cdk-mcp-fleet`);
    return [
      { what, got, allowed: `${allowed} of the copy that the fleet is of`, fix: 'Install one: `npm ls cdk-mcp-fleet` shows them all.' },
    ];
  };
}

export function listOf(item: Kind, fix = 'Write it in brackets: […].'): Kind {
  const list = kindThat('a list', fix, Array.isArray);
  return (what, value) => (Array.isArray(value) ? value.flatMap((entry, at) => item(`${what}[${at}]`, entry)) : list(what, value));
}

/** An object by whose members things are named. */
export function mapOf(member: Kind, nameOf: (key: string) => string, fix: string): Kind {
  const map = kindThat('an object', fix, (value) => typeof value === 'object' && value !== null && classOf(value) === undefined);
  return (what, value) => {
    const problems = map(what, value);
    if (problems.length > 0) return problems;
    return Object.entries(value as object).flatMap(([key, entry]) => member(`${what}.${nameOf(key)}`, entry));
  };
}

/** An object with members of its own kinds. */
export function struct<Props>(shape: Shape<Props>): Kind {
  return (what, value) => memberProblems(what, value, shape);
}

function kindThat(allowed: string, fix: string, fits: (value: unknown) => boolean): Kind {
  return (what, value) => (fits(value) ? [] : [{ what, got: value, allowed, fix }]);
}

function isJson(value: unknown): boolean {
  try {
    return JSON.stringify(value) !== undefined;
  } catch {
    return false; // a circle, or a bigint
  }
}

function waysToMake(type: OwnClass): string {
  const factories = Object.getOwnPropertyNames(type).filter((name) => typeof (type as never)[name] === 'function' && !name.startsWith('_'));
  return factories.map((name) => `${type.name}.${name}(…)`).join(' or ');
}
