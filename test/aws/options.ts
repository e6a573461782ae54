import { oneOf, readCommandLine, type SharedOptions, usageOf } from '../suites/command-line';
import { SCENES } from './scenes/scenes';

export interface Options extends SharedOptions {
  /** Names of scenes. */
  readonly scenes: readonly string[];
  /** As long as the documents promise, rather than as short as still shows something. */
  readonly long: boolean;
}

export const USAGE = usageOf(
  'aws',
  `  --scene <name>      only ${Object.keys(SCENES).join(', ')} (repeatable)
  --long              each scene in full: minutes each`,
);

/** @returns undefined when help is asked for @throws Error that names the flag or value that is not known */
export function readOptions(args: readonly string[]): Options | undefined {
  const values = readCommandLine(args, {
    scene: { type: 'string', multiple: true, default: [] },
    long: { type: 'boolean', default: false },
  });
  if (values === undefined) return undefined;
  const known = Object.keys(SCENES);
  const scenes = values.scene.length === 0 ? known : values.scene.map((name) => oneOf('--scene', name, known));
  return { scenes, long: values.long, keep: values.keep, json: values.json };
}
