import type { Documented } from './documented';

/** What commands need that no test has, where the command itself says so. */
const BY_COMMAND: readonly (readonly [RegExp, string])[] = [[/^(npx )?cdk deploy\b/, 'AWS']];

/** @returns undefined for a command that is to run */
export function needOf({ command, remark }: Documented): string | undefined {
  if (remark.needs !== undefined) return remark.needs === 'aws' ? 'AWS' : remark.needs;
  return BY_COMMAND.find(([pattern]) => pattern.test(command))?.[1];
}
