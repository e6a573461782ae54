import { Token } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { shown } from './shown';

/** One thing that is wrong with what was given to a construct. */
export interface Problem {
  /** Which property, as it is written in code. */
  readonly what: string;
  readonly got: unknown;
  readonly allowed: string;
  readonly fix: string;
}

/** The one name that CDK loses where it is a member of an object: what is declared under it would silently not hold. */
export const LOST_MEMBER = '__proto__';

/** Throws once, with every problem and the construct's path, when there is any. */
export function refuse(scope: IConstruct, problems: readonly Problem[]): void {
  if (problems.length > 0) throw new Error(`${scope.node.path}: ${problems.map(describe).join('\n')}`);
}

/** One problem as one sentence each: what, got, allowed, fix. */
export function describe({ what, got, allowed, fix }: Problem): string {
  return `${what} is ${shown(got)}; allowed: ${allowed}. ${fix}`;
}

/** Problems of a number that must be whole and within bounds. A token cannot be judged at synth and passes. */
export function wholeNumber(what: string, value: number | undefined, min: number, max: number, fix: string): Problem[] {
  if (value === undefined || Token.isUnresolved(value)) return [];
  const good = Number.isInteger(value) && value >= min && value <= max;
  return good ? [] : [{ what, got: value, allowed: `a whole number from ${min} to ${max}`, fix }];
}

/** Problems of a text that must match a pattern. A token cannot be judged at synth and passes. */
export function matching(what: string, value: string | undefined, pattern: RegExp, allowed: string, fix: string): Problem[] {
  if (value === undefined || Token.isUnresolved(value)) return [];
  return pattern.test(value) ? [] : [{ what, got: value, allowed, fix }];
}

/** Problems of an absolute URL of one of the given schemes, without credentials, query or fragment. */
export function absoluteUrl(what: string, value: string | undefined, schemes: readonly string[], fix: string): Problem[] {
  if (value === undefined || Token.isUnresolved(value)) return [];
  const url = URL.canParse(value) ? new URL(value) : undefined;
  const open = url === undefined ? value.replace(/[^/\s]*@/, '***@') : withoutSecrets(value, url);
  if (url !== undefined && schemes.includes(url.protocol) && open === value && url.hash === '') return [];
  const allowed = `an absolute ${schemes.map((s) => `${s}//`).join(' or ')} URL without credentials, query or fragment`;
  return [{ what, got: open, allowed, fix }];
}

/** Passwords and keys stand before the host of a URL, or in its query. */
function withoutSecrets(value: string, { protocol, username, password, host, pathname, search }: URL): string {
  if (username === '' && password === '' && search === '') return value;
  return `${protocol}//${username + password === '' ? '' : '***@'}${host}${pathname}${search === '' ? '' : '?***'}`;
}
