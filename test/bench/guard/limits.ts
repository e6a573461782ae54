import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../../suites/root';
import type { Measured } from './measure';

const FILE = join(ROOT, 'test/bench/limits.json');

/** What was measured when the limits were set last, and by how much more of it there may be: a share, by what is counted. */
export interface Limits {
  readonly margins: Readonly<Record<string, number>>;
  readonly measured: Measured;
}

/** One number against its limit. */
export interface Held {
  readonly what: string;
  readonly value: number;
  readonly limit: number;
  readonly fits: boolean;
  /** So far below that the limit says nothing any more. */
  readonly loose: boolean;
}

export function readLimits(): Limits {
  return JSON.parse(readFileSync(FILE, 'utf8')) as Limits;
}

export function writeLimits(limits: Limits): void {
  writeFileSync(FILE, `${JSON.stringify(limits, undefined, 2)}\n`);
}

/** @throws Error where a number has no limit */
export function hold(measured: Measured, { margins, measured: before }: Limits): readonly Held[] {
  const allowed = new Map(numbersIn(before));
  return numbersIn(measured).map(([what, value]) => {
    const [margin, was] = [margins[kindOf(what)], allowed.get(what)];
    if (margin === undefined || was === undefined)
      throw new Error(`test/bench/limits.json has no limit for "${what}": set it with --guard --write`);
    const limit = was * (1 + margin);
    return { what, value, limit, fits: value <= limit, loose: value < was * (1 - margin) };
  });
}

/** Every number by the path to it. */
function numbersIn(measured: object, path: readonly string[] = []): readonly (readonly [string, number])[] {
  return Object.entries(measured).flatMap(([name, value]: [string, number | object]) =>
    typeof value === 'number' ? [[[...path, name].join(' '), value] as const] : numbersIn(value, [...path, name]),
  );
}

/** DynamoDB's are told apart by what is counted; of the others a whole group is of one kind. */
function kindOf(what: string): string {
  const [group = '', , counted] = what.split(' ');
  return counted ?? group;
}
