import type { SetName } from './requirement-sets';
import type { SetResults } from './results';

/** One way to reach the servers. */
export type LegName = 'direct' | 'fleet';

/** What a way has shown. */
export interface Leg {
  readonly results: Readonly<Partial<Record<SetName, SetResults>>>;
  /** Processes that ended by themselves. */
  readonly died: readonly string[];
}

export type Legs = Readonly<Partial<Record<LegName, Leg>>>;
