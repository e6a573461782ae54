import { oneOf, readCommandLine, type SharedOptions, usageOf, wholeNumber } from '../suites/command-line';

export const SCENES = ['spread', 'queue', 'warm', 'mission', 'ends', 'redeploy', 'forecast'] as const;
export type SceneName = (typeof SCENES)[number];

export interface Options extends SharedOptions {
  readonly scenes: readonly SceneName[];
  /** Sessions that are opened, and closed again after a while. */
  readonly opens: number;
  /** Seconds of overload. */
  readonly seconds: number;
  /** Whether the scenes that take long are played as they are meant, and not in their short form. */
  readonly full: boolean;
  /** Whether what was seen becomes part of the documentation. */
  readonly write: boolean;
}

/** Those that are not played unless they are named. */
const LONG: readonly SceneName[] = ['forecast'];
const OPENS = 1_000;
const SECONDS = 20;

export const USAGE = usageOf(
  'capacity',
  `  --scene <name>      only ${SCENES.join(', ')} (repeatable; default: all but ${LONG.join(', ')})
  --opens <n>         sessions of mixed lifetimes over 12 instances (default ${OPENS})
  --seconds <n>       of ten times as many callers as there are slots, at 2 gateways (default ${SECONDS})
  --full              the other scenes at their full size: 300 agents and five servers, for a quarter of an hour
  --write             docs/mission.svg and the table of docs/plan.md are made of what was seen`,
);

/** @returns undefined when help is asked for @throws Error that names the flag or value that is not known */
export function readOptions(args: readonly string[]): Options | undefined {
  const values = readCommandLine(args, {
    scene: { type: 'string', multiple: true, default: [] },
    opens: { type: 'string', default: String(OPENS) },
    seconds: { type: 'string', default: String(SECONDS) },
    full: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
  });
  if (values === undefined) return undefined;
  return {
    scenes:
      values.scene.length === 0
        ? SCENES.filter((name) => !LONG.includes(name))
        : values.scene.map((name) => oneOf('--scene', name, SCENES)),
    opens: wholeNumber('--opens', values.opens, 1),
    seconds: wholeNumber('--seconds', values.seconds, 1),
    full: values.full,
    write: values.write,
    keep: values.keep,
    json: values.json,
  };
}
