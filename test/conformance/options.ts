import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { SET_NAMES, type SetName } from './requirement-sets';

export interface Options {
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

export const USAGE = `Usage: npm run test:conformance -- [options]

  --direct           only against our server itself
  --fleet            only through the local fleet
  --set <name>       only one requirement set: ${SET_NAMES.join(', ')} (repeatable)
  --scenario <name>  only one scenario (repeatable)
  --output <folder>  keep what the suites see there (default: only after a failure)
`;

/** @throws Error that names a flag or value which is not known */
export function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      direct: { type: 'boolean', default: false },
      fleet: { type: 'boolean', default: false },
      set: { type: 'string', multiple: true, default: [] },
      scenario: { type: 'string', multiple: true, default: [] },
      output: { type: 'string' },
    },
  });
  const both = values.direct === values.fleet;
  return {
    direct: both || values.direct,
    fleet: both || values.fleet,
    sets: values.set.length === 0 ? SET_NAMES : values.set.map(setName),
    scenarios: values.scenario,
    ...(values.output !== undefined && { output: resolve(values.output) }),
  };
}

function setName(name: string): SetName {
  const known = SET_NAMES.find((candidate) => candidate === name);
  if (known === undefined) throw new Error(`--set ${JSON.stringify(name)} is not one of ${SET_NAMES.join(', ')}`);
  return known;
}
