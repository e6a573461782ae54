import type { LambdaClient } from '@aws-sdk/client-lambda';
import type { Logger } from 'pino';
import type { FleetConfig } from '../core/fleet-config';
import { EvidenceSearch } from '../ledger/evidence';
import { Ledger } from '../ledger/ledger';
import { LedgerTable } from '../ledger/ledger-table';
import { OrdersItem } from '../ledger/orders-item';
import { GroupCommit } from '../ledger/table/group-commit';
import type { TableClient } from '../ledger/table/table-client';
import { judgingOf, tells } from '../ledger/verdict';
import { Admission } from './admit';
import type { Health } from './aws/health';
import { Lookout } from './capacity/lookout';
import { Seats } from './capacity/seats';
import { Credentials } from './credentials/credentials';
import type { ReadSecret } from './credentials/secret-values';
import { DefinitionReviews } from './definition-reviews';
import { Holdings } from './holdings';
import type { Patience } from './http/patience';
import { Running } from './http/running';
import { createDecisions } from './identity/decisions';
import type { SealKeys } from './identity/seal-keys';
import { SealedIds } from './identity/sealed-ids';
import { createTokenVerifier } from './identity/tokens';
import { Directory } from './ledger/directory';
import { FanOut } from './ledger/fan-out';
import { Fences } from './ledger/fences';
import { LateWrites } from './ledger/late-writes';
import { OpenCallers } from './ledger/open-callers';
import { OpenTasks } from './ledger/open-tasks';
import { OutcomeWatch } from './ledger/outcome-watch';
import { Reconciliations } from './ledger/reconcile';
import { repeatWithKey } from './ledger/repeat-with-key';
import { StandingOrders } from './ledger/standing-orders';
import { Metrics } from './metrics';
import { OpenRequests } from './open-requests';
import { Revocations } from './revocations';
import { Affinity } from './upstream/affinity';
import { Catalogue } from './upstream/catalogue';
import { FatalOpenings } from './upstream/fatal-openings';
import { heldSession } from './upstream/held-session';
import { askInstance } from './upstream/kept-answer';
import { OwnCalls } from './upstream/own-call';
import { OwnRequests } from './upstream/own-request';
import { Restorations } from './upstream/restore';
import { contextSigner, type SidecarKeys } from './upstream/sidecar-keys';
import { type UpstreamNews, Upstreams } from './upstream/upstreams';

/** What a replica is given: everything that reaches beyond it, and the clock. */
export interface Surroundings {
  readonly config: FleetConfig;
  /** Name of this replica in ledger rows and logs. */
  readonly replica: string;
  readonly table: TableClient;
  readonly lambda: LambdaClient;
  readonly sealKeys: SealKeys;
  /** Gateway–sidecar keys by server. */
  readonly sidecarKeys: SidecarKeys;
  /** Reads what is shown to servers. */
  readonly readSecret: ReadSecret;
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
  const { config, replica, table, lambda, sealKeys, patience, health, now, log } = surroundings;
  const metrics = new Metrics(config, now, surroundings.writeMetrics);
  const directory = new Directory(table, config.directoryTable);
  const fences = new Fences(table, config.directoryTable);
  const rows = new GroupCommit(table, config.ledgerTable, (because) => {
    metrics.countAll('LedgerFailures');
    log.error({ event: 'rows_written_alone', reason: because.message });
  });
  const ledger = new Ledger(new LedgerTable(table, config.ledgerTable, rows), { name: replica, now });
  const orders = new StandingOrders({ config, item: new OrdersItem(table, config.allowlistTable), now, log });

  const openTasks = new OpenTasks({ config, ledger, directory, now, log });

  const signer = contextSigner(surroundings.sidecarKeys, now);
  const seats = new Seats({ config, metrics, now });
  metrics.measure('QueueDepth', (server) => seats.of(server).waiting);
  metrics.measure('SlotUtilization', (server) => seats.takeUtilization(server));
  const credentials = new Credentials({ config, readSecret: surroundings.readSecret, metrics, now, log });
  const news: UpstreamNews = {
    onSlots: (...slots) => seats.hear(...slots),
    onCold: (server) => metrics.count(server, 'ColdStarts'),
    onSetback: (server, reason) => log.warn({ event: 'connecting_ahead_failed', server, reason }),
  };
  const upstreams = new Upstreams(config.serversUrl, config.serversTlsName, signer, now, undefined, news, credentials);
  const ownRequests = new OwnRequests({ config, upstreams, seats, now });
  const catalogue = new Catalogue({ config, ownRequests, seats, now, log });
  const ownCalls = new OwnCalls(catalogue, ownRequests);

  const reconciliations = new Reconciliations({ config, ownCalls, ledger, replica, sealKeys, now, log });
  const evidence = new EvidenceSearch(
    {
      instance: (row) => askInstance(row, { config, upstreams, now }),
      same_key: (row) => repeatWithKey(row, { config, catalogue, ownCalls, orders, now }),
      reconcile: (row) => reconciliations.seek(row),
    },
    (answer, row) => tells(answer, judgingOf(row, config)),
  );

  const decisions = createDecisions(lambda, config.authorizerFunction, now);
  const admission = new Admission();
  const fanOut = new FanOut({ config, directory, holds: heldSession(config, upstreams), metrics, now, log });

  return {
    config,
    replica,
    patience,
    health,
    now,
    log,
    metrics,
    tokens: createTokenVerifier({ identity: config.identity, isServer: (name) => Object.hasOwn(config.servers, name), now, log }),
    decisions,
    sealKeys,
    sealedIds: new SealedIds(sealKeys, now),
    admission,
    running: new Running(),
    holdings: new Holdings(),
    openRequests: new OpenRequests(),
    upstreams,
    seats,
    lookout: new Lookout({ config, upstreams, seats, now, log }),
    catalogue,
    definitionReviews: new DefinitionReviews({ config, directory, metrics, now, log }),
    fatalOpenings: new FatalOpenings(now),
    affinity: new Affinity({ directory, ownRequests, now, log }),
    restorations: new Restorations({ config, upstreams, seats, directory, metrics, log }),
    ledger,
    orders,
    directory,
    fanOut,
    revocations: new Revocations({ config, directory, decisions, admission, fanOut, upstreams, now, log }),
    fences,
    openCallers: new OpenCallers(fences, replica, now, log),
    lateWrites: new LateWrites(log),
    evidence,
    openTasks,
    outcomes: new OutcomeWatch({ config, ledger, openTasks, evidence, now, log }),
  };
}
