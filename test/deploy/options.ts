import { oneOf, readCommandLine, type SharedOptions, usageOf } from '../suites/command-line';

export const SCENES = ['life', 'stacks', 'teams', 'inert', 'skew'] as const;
export type SceneName = (typeof SCENES)[number];

export interface Options extends SharedOptions {
  readonly scenes: readonly SceneName[];
  /** A commit or tag: the version before this one, for `skew`. */
  readonly from: string | undefined;
}

export const USAGE = usageOf(
  'deploy',
  `  --scene <name>      only ${SCENES.join(', ')} (repeatable)
  --from <commit>     the version before this one, for skew (default the last before the runtime was changed)`,
);

/** @returns undefined when help is asked for @throws Error that names the flag or value that is not known */
export function readOptions(args: readonly string[]): Options | undefined {
  const values = readCommandLine(args, { scene: { type: 'string', multiple: true, default: [] }, from: { type: 'string' } });
  if (values === undefined) return undefined;
  const scenes = values.scene.length === 0 ? SCENES : values.scene.map((name) => oneOf('--scene', name, SCENES));
  return { scenes, from: values.from, keep: values.keep, json: values.json };
}
