import { writeFileSync } from 'node:fs';
import type { LedgerRow } from '../../ledger/row';
import type { Execution, Transfer } from './bank';
import type { CutAnswer } from './links/wire';
import type { Told } from './messages';

/**
 * What the fleet says of a call when it is asked later. `no row`: it never came as far as the ledger.
 * `no name`: the agent has neither key nor call id to ask with.
 */
export type Later = 'confirmed' | 'failed' | 'not_executed' | 'unknown' | 'claimed' | 'sent' | 'no row' | 'no name';

/** Everything that was seen of a campaign's calls. */
export interface History {
  /** What agents were told, one for each call. */
  readonly told: readonly Told[];
  /** What the fleet said later of the calls whose outcome no agent learnt, by reference. */
  readonly later: ReadonlyMap<string, Later>;
  /** Executions. */
  readonly journal: readonly Execution[];
  /** What came to a server, executed or not. */
  readonly dispatched: readonly Transfer[];
  /** What was known of each answer that was cut on the client's leg, by reference. */
  readonly cuts: ReadonlyMap<string, CutAnswer>;
  /** All rows of the ledger table. */
  readonly rows: readonly LedgerRow[];
  /** Instances that live in the end: ECS task and process of the server. */
  readonly instances: ReadonlyMap<string, number>;
  /** By what evidence gateways settled open calls, by call id. */
  readonly evidence: ReadonlyMap<string, string>;
}

/** For people who look into a run that failed. */
export function writeHistory(file: string, history: History): void {
  writeFileSync(
    file,
    JSON.stringify(history, (_, value: unknown) => (value instanceof Map || value instanceof Set ? [...value] : value), 1),
  );
}
