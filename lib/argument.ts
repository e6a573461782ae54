import type { ArgumentCondition } from '../core/argument-condition';
import { patternProblem } from '../core/granted-pattern';
import type { Problem } from './problems';

/**
 * What an argument of a tool must be for a grant to cover a call. What is of another kind than is asked for is not covered: a number that
 * stands there as a text, a list around it, null.
 */
export class Argument {
  /** One of these texts, numbers or booleans. */
  static oneOf(...values: (string | number | boolean)[]): Argument {
    return new Argument({ oneOf: values.map((value) => JSON.stringify(value)) });
  }

  /** A number that is not more. Numbers are compared digit for digit, however they are spelt. */
  static atMost(most: number): Argument {
    return new Argument({ atMost: String(most) });
  }

  /** A number that is not less. */
  static atLeast(least: number): Argument {
    return new Argument({ atLeast: String(least) });
  }

  /** A number between two, ends included. */
  static between(least: number, most: number): Argument {
    return new Argument({ atLeast: String(least), atMost: String(most) });
  }

  /** A text that a pattern covers: `*` stands for any characters, all else for itself. */
  static matching(pattern: string): Argument {
    return new Argument({ matches: pattern });
  }

  /** Left out. */
  static absent(): Argument {
    return new Argument({ absent: 'required' });
  }

  private constructor(private readonly condition: ArgumentCondition) {}

  /** @internal */
  get _condition(): ArgumentCondition {
    return this.condition;
  }

  /** Also covered where the argument is left out: only for what the server then takes by itself and may be granted. */
  orAbsent(): Argument {
    return new Argument({ ...this.condition, absent: 'allowed' });
  }

  /** @internal */
  _problems(what: string): Problem[] {
    const { oneOf, atLeast, atMost, matches } = this.condition;
    const numbers = [atLeast, atMost].filter((text) => text !== undefined);
    const unfit = numbers.find((text) => !Number.isFinite(Number(text)));
    if (unfit !== undefined) return [{ what, got: Number(unfit), allowed: 'a finite number', fix: 'Write one.' }];
    if (numbers.length === 2 && Number(atLeast) > Number(atMost))
      return [{ what, got: numbers, allowed: 'the lesser number first', fix: 'No number is between them.' }];
    if (oneOf !== undefined && (oneOf.length === 0 || oneOf.some((text) => !/^(?:"|-?\d|true$|false$)/.test(text))))
      return [{ what, got: oneOf, allowed: 'texts, finite numbers, true and false', fix: 'Name at least one.' }];
    const problem = matches === undefined ? undefined : patternProblem('prompt', matches);
    return problem === undefined ? [] : [{ what, got: matches, allowed: problem, fix: "Write a pattern, such as 'acme/*'." }];
  }
}
