import { parseArgs } from 'node:util';

export const PHASES = ['steady', 'kill', 'gateways'] as const;
export type PhaseName = (typeof PHASES)[number];

export interface Options {
  /** Sessions, all open at a time. */
  readonly sessions: number;
  /** Calls of each phase, at least. */
  readonly calls: number;
  readonly phases: readonly PhaseName[];
  /** One JSON object instead of lines for people. */
  readonly json: boolean;
  /** Minutes of silence to sit through, instead of a load. */
  readonly silence?: number;
}

const SESSIONS = 1000;
const CALLS = 17_000;
const SILENCE_MINUTES = 7;

export const USAGE = `Usage: npm run test:load -- [options]

  --sessions <n>      sessions over 5 instances, from 4 client processes (default ${SESSIONS})
  --calls <n>         calls of each phase, at least (default ${CALLS})
  --phase <name>      only ${PHASES.join(', ')} (repeatable)
  --silence           no load: ${SILENCE_MINUTES} minutes of silence on a GET stream and before the answer of a call
  --minutes <n>       other than ${SILENCE_MINUTES} minutes of it
  --json              one JSON object on stdout instead of lines for people
`;

/** @throws Error that names the flag or value that is not known */
export function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      sessions: { type: 'string', default: String(SESSIONS) },
      calls: { type: 'string', default: String(CALLS) },
      phase: { type: 'string', multiple: true, default: [] },
      silence: { type: 'boolean', default: false },
      minutes: { type: 'string', default: String(SILENCE_MINUTES) },
      json: { type: 'boolean', default: false },
    },
  });
  return {
    sessions: positive('--sessions', values.sessions),
    calls: positive('--calls', values.calls),
    phases: values.phase.length === 0 ? PHASES : values.phase.map(phaseName),
    json: values.json,
    ...(values.silence && { silence: positive('--minutes', values.minutes) }),
  };
}

function positive(flag: string, text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new Error(`${flag} must be a number above 0, not ${JSON.stringify(text)}`);
  return value;
}

function phaseName(name: string): PhaseName {
  const known = PHASES.find((candidate) => candidate === name);
  if (known === undefined) throw new Error(`--phase ${JSON.stringify(name)} is not one of ${PHASES.join(', ')}`);
  return known;
}
