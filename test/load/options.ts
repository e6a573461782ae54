import { oneOf, readCommandLine, type SharedOptions, usageOf, wholeNumber } from '../suites/command-line';

export const PHASES = ['steady', 'kill', 'gateways'] as const;
export type PhaseName = (typeof PHASES)[number];

export interface Options extends SharedOptions {
  /** Sessions, all open at a time. */
  readonly sessions: number;
  /** Calls of each phase, at least. */
  readonly calls: number;
  readonly phases: readonly PhaseName[];
  /** Minutes of silence to sit through, instead of a load. */
  readonly silence?: number;
}

const SESSIONS = 1000;
const CALLS = 17_000;
const SILENCE_MINUTES = 7;

export const USAGE = usageOf(
  'load',
  `  --sessions <n>      sessions over 5 instances, from 4 client processes (default ${SESSIONS})
  --calls <n>         calls of each phase, at least (default ${CALLS})
  --phase <name>      only ${PHASES.join(', ')} (repeatable)
  --silence           no load: ${SILENCE_MINUTES} minutes of silence on a GET stream and before the answer of a call
  --minutes <n>       other than ${SILENCE_MINUTES} minutes of it`,
);

/** @returns undefined when help is asked for @throws Error that names the flag or value that is not known */
export function readOptions(args: readonly string[]): Options | undefined {
  const values = readCommandLine(args, {
    sessions: { type: 'string', default: String(SESSIONS) },
    calls: { type: 'string', default: String(CALLS) },
    phase: { type: 'string', multiple: true, default: [] },
    silence: { type: 'boolean', default: false },
    minutes: { type: 'string', default: String(SILENCE_MINUTES) },
  });
  if (values === undefined) return undefined;
  return {
    sessions: wholeNumber('--sessions', values.sessions, 1),
    calls: wholeNumber('--calls', values.calls, 1),
    phases: values.phase.length === 0 ? PHASES : values.phase.map((name) => oneOf('--phase', name, PHASES)),
    keep: values.keep,
    json: values.json,
    ...(values.silence && { silence: minutes(values.minutes) }),
  };
}

function minutes(text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new Error(`--minutes must be a number above 0, not ${JSON.stringify(text)}`);
  return value;
}
