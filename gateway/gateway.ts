import type { Logger } from 'pino';
import type { FleetConfig } from '../core/fleet-config';
import type { Admission } from './admit';
import type { Affinity } from './affinity';
import type { Catalogue } from './catalogue';
import type { Decisions } from './decisions';
import type { Directory } from './directory';
import type { Ledger } from './ledger';
import type { Metrics } from './metrics';
import type { Patience } from './patience';
import type { Restorations } from './restore';
import type { SealKeys } from './seal-keys';
import type { TokenVerifier } from './tokens';
import type { Upstreams } from './upstreams';

/** Everything that the stages of a call reach beyond the call itself. */
export interface Gateway {
  readonly config: FleetConfig;
  /** Name of this replica in ledger rows and logs. */
  readonly replica: string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly patience: Patience;
  readonly tokens: TokenVerifier;
  readonly decisions: Decisions;
  readonly admission: Admission;
  readonly sealKeys: SealKeys;
  readonly upstreams: Upstreams;
  readonly restorations: Restorations;
  readonly catalogue: Catalogue;
  readonly affinity: Affinity;
  readonly ledger: Ledger;
  readonly directory: Directory;
  readonly metrics: Metrics;
  readonly log: Logger;
}
