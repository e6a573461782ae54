import { oneOf, readCommandLine, type SharedOptions, seed, usageOf, wholeNumber } from '../suites/command-line';

export interface Options extends SharedOptions {
  readonly seed: number;
  /** State-changing calls. */
  readonly calls: number;
  readonly clients: 'helper' | 'plain';
  /** Which fleets are run: the real one, and one whose gateways have no stage `claim`. */
  readonly ledger: 'with' | 'without' | 'both';
}

const SEED = 1;
const CALLS = 1500;

export const USAGE = usageOf(
  'chaos',
  `  --seed <n>          what happens to which call (default ${SEED}); the same seed plans the same faults
  --calls <n>         state-changing calls (default ${CALLS}); 20000 is a long run
  --clients <which>   helper: official clients with recoveringFetch() (default); plain: clients without any of ours, that call again
  --with-ledger       only the fleet as it is, without the run that must find double executions
  --without-ledger    only the fleet without its ledger stage`,
);

/** @returns undefined when help is asked for @throws Error that names the flag or value that is not known */
export function readOptions(args: readonly string[]): Options | undefined {
  const values = readCommandLine(args, {
    seed: { type: 'string', default: String(SEED) },
    calls: { type: 'string', default: String(CALLS) },
    clients: { type: 'string', default: 'helper' },
    'with-ledger': { type: 'boolean', default: false },
    'without-ledger': { type: 'boolean', default: false },
  });
  if (values === undefined) return undefined;
  const [real, control] = [values['with-ledger'], values['without-ledger']];
  return {
    seed: seed(values.seed),
    calls: wholeNumber('--calls', values.calls, 1),
    clients: oneOf('--clients', values.clients, ['helper', 'plain']),
    ledger: real === control ? 'both' : real ? 'with' : 'without',
    keep: values.keep,
    json: values.json,
  };
}
