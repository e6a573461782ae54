import { oneOf, readCommandLine, type SharedOptions, seed, usageOf, wholeNumber } from '../suites/command-line';
import { THREATS } from './threats';

export interface Options extends SharedOptions {
  readonly seed: number;
  /** Threats whose attacks are played; all when empty. */
  readonly threats: readonly string[];
  /** Guards that are removed, one after the other. */
  readonly mutations: number;
  /** Messages that are judged in process. */
  readonly messages: number;
  /** Messages that go through the fleet. */
  readonly calls: number;
  /** Calls by which a server tries to tell its secret. */
  readonly leaks: number;
}

/** What a run does that says nothing else, and one that is to show everything. */
const SHORT = { mutations: 3, messages: 40_000, calls: 500, leaks: 300 };
const LONG = { mutations: THREATS.length, messages: 1_000_000, calls: 20_000, leaks: 10_000 };
const DAY_MS = 24 * 3_600_000;

export const USAGE = usageOf(
  'security',
  `  --long              every guard is removed once, ${LONG.messages.toLocaleString('en')} messages in process, ${LONG.calls.toLocaleString('en')} through the fleet, ${LONG.leaks.toLocaleString('en')} tries to tell a secret
  --threat <id>       the attacks of this threat, without messages that are made up; may be given several times
  --mutations <n>     guards that are removed, each of which its attacks must miss (default ${SHORT.mutations}; 0 for none)
  --messages <n>      messages for reader and policy in process (default ${SHORT.messages})
  --calls <n>         messages that go through the fleet (default ${SHORT.calls})
  --leaks <n>         calls by which a server tries to tell its secret (default ${SHORT.leaks})
  --seed <n>          which messages, and which guards are the first (default: another one each day)`,
  `\nThreats: ${THREATS.map(({ id }) => id).join(', ')}\n`,
);

/** @param now milliseconds since the epoch @returns undefined when help is asked for @throws Error that names the flag or value that is not known */
export function readOptions(args: readonly string[], now = Date.now()): Options | undefined {
  const values = readCommandLine(args, {
    long: { type: 'boolean', default: false },
    threat: { type: 'string', multiple: true, default: [] },
    mutations: { type: 'string' },
    messages: { type: 'string' },
    calls: { type: 'string' },
    leaks: { type: 'string' },
    seed: { type: 'string', default: String(Math.floor(now / DAY_MS)) },
  });
  if (values === undefined) return undefined;
  const ids = THREATS.map(({ id }) => id);
  const threats = values.threat.map((id) => oneOf('--threat', id, ids));
  const usual = values.long ? LONG : threats.length > 0 ? { mutations: threats.length, messages: 0, calls: 0, leaks: 0 } : SHORT;
  const number = (flag: 'mutations' | 'messages' | 'calls' | 'leaks'): number =>
    wholeNumber(`--${flag}`, values[flag] ?? String(usual[flag]), 0);
  return {
    seed: seed(values.seed),
    threats,
    mutations: number('mutations'),
    messages: number('messages'),
    calls: number('calls'),
    leaks: number('leaks'),
    keep: values.keep,
    json: values.json,
  };
}
