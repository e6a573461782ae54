import { resolve } from 'node:path';
import { oneOf, readCommandLine, type SharedOptions, usageOf } from '../suites/command-line';
import { SET_NAMES, type SetName } from './requirement-sets';

export interface Options extends SharedOptions {
  /** Runs against the server itself. */
  readonly direct: boolean;
  /** Runs through the fleet. */
  readonly fleet: boolean;
  readonly sets: readonly SetName[];
  /** Only these scenarios; all when empty. */
  readonly scenarios: readonly string[];
  /** Folder for what the suites see; kept only after a failure when absent. */
  readonly output?: string;
}

export const USAGE = usageOf(
  'conformance',
  `  --direct            only against our server itself
  --fleet             only through the local fleet
  --set <name>        only one requirement set: ${SET_NAMES.join(', ')} (repeatable)
  --scenario <name>   only one scenario (repeatable)
  --output <folder>   keep what the suites see there (default: only after a failure)`,
);

/** @returns undefined when help is asked for @throws Error that names a flag or value which is not known */
export function readOptions(args: readonly string[]): Options | undefined {
  const values = readCommandLine(args, {
    direct: { type: 'boolean', default: false },
    fleet: { type: 'boolean', default: false },
    set: { type: 'string', multiple: true, default: [] },
    scenario: { type: 'string', multiple: true, default: [] },
    output: { type: 'string' },
  });
  if (values === undefined) return undefined;
  const both = values.direct === values.fleet;
  return {
    direct: both || values.direct,
    fleet: both || values.fleet,
    sets: values.set.length === 0 ? SET_NAMES : values.set.map((name) => oneOf('--set', name, SET_NAMES)),
    scenarios: values.scenario,
    ...(values.output !== undefined && { output: resolve(values.output) }),
    keep: values.keep,
    json: values.json,
  };
}
