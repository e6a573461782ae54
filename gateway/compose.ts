import type { KeyObject } from 'node:crypto';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { LambdaClient } from '@aws-sdk/client-lambda';
import type { Logger } from 'pino';
import type { FleetConfig } from '../core/fleet-config';
import { EvidenceSearch } from '../ledger/evidence';
import { Ledger } from '../ledger/ledger';
import { LedgerTable } from '../ledger/ledger-table';
import { GroupCommit } from '../ledger/table/group-commit';
import type { TableClient } from '../ledger/table/table-client';
import { judgingOf, tells } from '../ledger/verdict';
import { Admission } from './admit';
import type { Health } from './aws/health';
import { Holdings } from './holdings';
import type { Patience } from './http/patience';
import { createDecisions } from './identity/decisions';
import type { SealKeys } from './identity/seal-keys';
import { SealedIds } from './identity/sealed-ids';
import { createTokenVerifier } from './identity/tokens';
import { Directory } from './ledger/directory';
import { Fences } from './ledger/fences';
import { LateWrites } from './ledger/late-writes';
import { OpenCallers } from './ledger/open-callers';
import { OpenTasks } from './ledger/open-tasks';
import { OutcomeWatch } from './ledger/outcome-watch';
import { Reconciliations } from './ledger/reconcile';
import { repeatWithKey } from './ledger/repeat-with-key';
import { Metrics } from './metrics';
import { OpenRequests } from './open-requests';
import { Affinity } from './upstream/affinity';
import { Catalogue } from './upstream/catalogue';
import { askInstance } from './upstream/kept-answer';
import { OwnCalls } from './upstream/own-call';
import { OwnRequests } from './upstream/own-request';
import { Restorations } from './upstream/restore';
import { contextSigner } from './upstream/sidecar-keys';
import { Upstreams } from './upstream/upstreams';

/** What a replica is given: everything that reaches beyond it, and the clock. */
export interface Surroundings {
  readonly config: FleetConfig;
  /** Name of this replica in ledger rows and logs. */
  readonly replica: string;
  readonly dynamodb: DynamoDBClient;
  readonly table: TableClient;
  readonly lambda: LambdaClient;
  readonly sealKeys: SealKeys;
  /** Gateway–sidecar keys by server. */
  readonly sidecarKeys: Readonly<Record<string, KeyObject>>;
  readonly patience: Patience;
  /** Whether this replica belongs into the balancer. */
  readonly health: Pick<Health, 'fault'>;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Takes EMF lines. */
  readonly writeMetrics: (line: string) => void;
  readonly log: Logger;
}

export type Composition = ReturnType<typeof composeGateway>;

/** Puts a replica together. Its stages and its HTTP surface each take the parts that they name. */
export function composeGateway(surroundings: Surroundings) {
  const { config, replica, dynamodb, table, lambda, sealKeys, patience, health, now, log } = surroundings;
  const metrics = new Metrics(config.fleet, Object.keys(config.servers), now, surroundings.writeMetrics);
  const directory = new Directory(dynamodb, config.directoryTable);
  const fences = new Fences(dynamodb, config.directoryTable);
  const rows = new GroupCommit(table, config.ledgerTable, (because) => {
    metrics.countAll('LedgerFailures');
    log.error({ event: 'rows_written_alone', reason: because.message });
  });
  const ledger = new Ledger(new LedgerTable(table, config.ledgerTable, rows), { name: replica, now });

  const openTasks = new OpenTasks({ config, ledger, directory, now, log });

  const signer = contextSigner(surroundings.sidecarKeys, now);
  const upstreams = new Upstreams(config.serversUrl, config.serversTlsName, signer, now);
  const ownRequests = new OwnRequests({ config, upstreams, now });
  const catalogue = new Catalogue({ config, ownRequests, now, log });
  const ownCalls = new OwnCalls(catalogue, ownRequests);

  const reconciliations = new Reconciliations({ config, ownCalls, ledger, replica, now, log });
  const evidence = new EvidenceSearch(
    {
      instance: (row) => askInstance(row, { config, upstreams, now }),
      same_key: (row) => repeatWithKey(row, { config, catalogue, ownCalls, now }),
      reconcile: (row) => reconciliations.seek(row),
    },
    (answer, row) => tells(answer, judgingOf(row, config)),
  );

  return {
    config,
    replica,
    patience,
    health,
    now,
    log,
    metrics,
    tokens: createTokenVerifier(config.identity, now),
    decisions: createDecisions(lambda, config.authorizerFunction, now),
    sealKeys,
    sealedIds: new SealedIds(sealKeys, now),
    admission: new Admission(),
    holdings: new Holdings(),
    openRequests: new OpenRequests(),
    upstreams,
    catalogue,
    affinity: new Affinity({ directory, ownRequests, now, log }),
    restorations: new Restorations({ config, upstreams, directory, metrics, log }),
    ledger,
    directory,
    fences,
    openCallers: new OpenCallers(fences, replica, now, log),
    lateWrites: new LateWrites(log),
    evidence,
    openTasks,
    outcomes: new OutcomeWatch({ config, ledger, openTasks, evidence, now, log }),
  };
}
