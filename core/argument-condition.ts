import { compareNumbers, exactNumber } from './exact-number';
import { readMembers } from './json-members';
import { covers } from './pattern';
import { likeOf } from './reading/folding';

/** What one argument of a tool must be; all that is given must hold, and what is of another kind does not. */
export interface ArgumentCondition {
  /** JSON texts of texts, numbers and booleans, one of which it is. */
  readonly oneOf?: readonly string[];
  /** JSON texts of numbers between which it is, ends included; compared exactly, digit for digit. */
  readonly atLeast?: string;
  readonly atMost?: string;
  /** A pattern that covers it, a text. */
  readonly matches?: string;
  /** Whether it may be left out, or must be. */
  readonly absent?: 'allowed' | 'required';
}

/** By names of arguments. */
export type ArgumentConditions = Readonly<Record<string, ArgumentCondition>>;

const NUMBER = /^-?\d/;

/**
 * The first argument that is not as it must be, with why; undefined where all are. Decided on the text that its server gets. An argument that
 * a server could take for another one, by a name in another case, is never as it must be.
 * @param argumentsText canonical JSON text of an object
 */
export function brokenCondition(conditions: ArgumentConditions, argumentsText: string): string | undefined {
  const given = readMembers(argumentsText);
  for (const [name, condition] of Object.entries(conditions)) {
    if (likeOf(given.keys(), name) !== undefined) return `${JSON.stringify(name)} stands there in another case`;
    if (!holds(condition, given.get(name))) return `${JSON.stringify(name)} must ${inWords(condition)}`;
  }
  return undefined;
}

/** A condition as a sentence goes on behind "must". */
export function inWords({ oneOf, atLeast, atMost, matches, absent }: ArgumentCondition): string {
  if (absent === 'required') return 'be left out';
  const must = [
    ...(oneOf === undefined ? [] : [`be ${oneOf.join(' or ')}`]),
    ...(atLeast === undefined ? [] : [`be at least ${atLeast}`]),
    ...(atMost === undefined ? [] : [`be at most ${atMost}`]),
    ...(matches === undefined ? [] : [`match ${JSON.stringify(matches)}`]),
    ...(absent === undefined ? [] : ['may be left out']),
  ];
  return must.join(', ');
}

function holds({ oneOf, atLeast, atMost, matches, absent }: ArgumentCondition, text: string | undefined): boolean {
  if (text === undefined) return absent !== undefined;
  if (absent === 'required') return false;
  return (
    (oneOf === undefined || oneOf.some((one) => isSame(one, text))) &&
    (atLeast === undefined || (NUMBER.test(text) && compareNumbers(text, atLeast) >= 0)) &&
    (atMost === undefined || (NUMBER.test(text) && compareNumbers(text, atMost) <= 0)) &&
    (matches === undefined || (text[0] === '"' && covers(matches, JSON.parse(text) as string)))
  );
}

/** Texts as they read, numbers by their exact value, `true` and `false` by their letters; never an object or a list. */
function isSame(one: string, text: string): boolean {
  if (NUMBER.test(one)) return NUMBER.test(text) && exactNumber(one) === exactNumber(text);
  return one[0] === '"' ? text[0] === '"' && JSON.parse(one) === JSON.parse(text) : one === text;
}
