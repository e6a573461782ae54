import { parseArgs } from 'node:util';

export interface Options {
  readonly seed: number;
  /** State-changing calls. */
  readonly calls: number;
  readonly clients: 'helper' | 'plain';
  /** Which fleets are run: the real one, and one whose gateways have no stage `claim`. */
  readonly ledger: 'with' | 'without' | 'both';
  /** Logs and histories stay also after a run that passed. */
  readonly keep: boolean;
  /** One JSON object instead of lines for people. */
  readonly json: boolean;
}

const SEED = 1;
const CALLS = 1500;

export const USAGE = `Usage: npm run test:chaos -- [options]

  --seed <n>          what happens to which call (default ${SEED}); the same seed plans the same faults
  --calls <n>         state-changing calls (default ${CALLS}); 20000 is a long run
  --clients <which>   helper: official clients with recoveringFetch() (default); plain: clients without any of ours, that call again
  --with-ledger       only the fleet as it is, without the run that must find double executions
  --without-ledger    only the fleet without its ledger stage
  --keep              what the fleets logged, and the history of every call, stay on disk also when it passed
  --json              one JSON object on stdout instead of lines for people
  --help
`;

/** @returns undefined when help is asked for @throws Error that names the flag or value that is not known */
export function readOptions(args: readonly string[]): Options | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seed: { type: 'string', default: String(SEED) },
      calls: { type: 'string', default: String(CALLS) },
      clients: { type: 'string', default: 'helper' },
      'with-ledger': { type: 'boolean', default: false },
      'without-ledger': { type: 'boolean', default: false },
      keep: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return undefined;
  const { clients } = values;
  if (clients !== 'helper' && clients !== 'plain') throw new Error(`--clients must be helper or plain, not ${JSON.stringify(clients)}`);
  const [real, control] = [values['with-ledger'], values['without-ledger']];
  return {
    seed: wholeNumber('--seed', values.seed, 0),
    calls: wholeNumber('--calls', values.calls, 1),
    clients,
    ledger: real === control ? 'both' : real ? 'with' : 'without',
    keep: values.keep,
    json: values.json,
  };
}

function wholeNumber(flag: string, text: string, least: number): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < least || text.trim() === '') {
    throw new Error(`${flag} must be a whole number of at least ${least}, not ${JSON.stringify(text)}`);
  }
  return value;
}
