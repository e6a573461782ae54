import { oneOf, readCommandLine, type SharedOptions, usageOf } from '../suites/command-line';

export const SCENES = ['life', 'stacks', 'inert'] as const;
export type SceneName = (typeof SCENES)[number];

export interface Options extends SharedOptions {
  readonly scenes: readonly SceneName[];
}

export const USAGE = usageOf('deploy', `  --scene <name>      only ${SCENES.join(', ')} (repeatable)`);

/** @returns undefined when help is asked for @throws Error that names the flag or value that is not known */
export function readOptions(args: readonly string[]): Options | undefined {
  const values = readCommandLine(args, { scene: { type: 'string', multiple: true, default: [] } });
  if (values === undefined) return undefined;
  const scenes = values.scene.length === 0 ? SCENES : values.scene.map((name) => oneOf('--scene', name, SCENES));
  return { scenes, keep: values.keep, json: values.json };
}
