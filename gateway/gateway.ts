import type { Logger } from 'pino';
import type { FleetConfig } from '../core/fleet-config';
import type { Admission } from './admit';
import type { Health } from './aws/health';
import type { Patience } from './http/patience';
import type { Decisions } from './identity/decisions';
import type { SealKeys } from './identity/seal-keys';
import type { TokenVerifier } from './identity/tokens';
import type { Directory } from './ledger/directory';
import type { Fences } from './ledger/fences';
import type { LateWrites } from './ledger/late-writes';
import type { Ledger } from './ledger/ledger';
import type { OpenCallers } from './ledger/open-callers';
import type { Reconciliations } from './ledger/reconcile';
import type { Metrics } from './metrics';
import type { Affinity } from './upstream/affinity';
import type { Catalogue } from './upstream/catalogue';
import type { OwnRequests } from './upstream/own-request';
import type { Restorations } from './upstream/restore';
import type { Upstreams } from './upstream/upstreams';

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
  readonly ownRequests: OwnRequests;
  readonly ledger: Ledger;
  readonly directory: Directory;
  readonly fences: Fences;
  readonly openCallers: OpenCallers;
  readonly reconciliations: Reconciliations;
  readonly lateWrites: LateWrites;
  readonly metrics: Metrics;
  readonly health: Pick<Health, 'fault'>;
  readonly log: Logger;
}
