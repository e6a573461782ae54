import { randomUUID } from 'node:crypto';
import { pino } from 'pino';
import { FLEET_CONFIG_VARIABLE, type FleetConfig, RUNTIME_PORT } from '../core/fleet-config';
import { Admission } from './admit';
import { createAwsClients } from './aws/clients';
import { Health } from './aws/health';
import { sightingsBoard } from './aws/sightings';
import { drain } from './drain';
import type { Gateway } from './gateway';
import { PATIENCE } from './http/patience';
import { createGatewayServer } from './http/server';
import { createDecisions } from './identity/decisions';
import { RotatingSealKeys, SEAL_KEY_REFRESH_MS } from './identity/seal-keys';
import { createTokenVerifier } from './identity/tokens';
import { Directory } from './ledger/directory';
import { Fences } from './ledger/fences';
import { LateWrites } from './ledger/late-writes';
import { Ledger } from './ledger/ledger';
import { OpenCallers } from './ledger/open-callers';
import { Reconciliations } from './ledger/reconcile';
import { METRICS_INTERVAL_MS, Metrics } from './metrics';
import { Affinity } from './upstream/affinity';
import { Catalogue } from './upstream/catalogue';
import { OwnRequests } from './upstream/own-request';
import { reaches } from './upstream/reach';
import { Restorations } from './upstream/restore';
import { contextSigner, loadSidecarKeys } from './upstream/sidecar-keys';
import { Upstreams } from './upstream/upstreams';

/** Longest wait for a connection to the servers' load balancer when nothing else is reached, in milliseconds. */
const REACH_MS = 2_000;

const log = pino({ base: { role: 'gateway' }, messageKey: 'message' });

async function start(): Promise<void> {
  const config = readConfig(process.env);
  const gateway = await createGateway(config);
  const server = createGatewayServer(gateway);
  const metricsTimer = setInterval(() => gateway.metrics.flush(), METRICS_INTERVAL_MS);
  const port = Number(process.env.PORT ?? RUNTIME_PORT);
  server.listen(port, process.env.HOST ?? '0.0.0.0', () =>
    log.info({ event: 'listening', port, replica: gateway.replica, fleet: config.fleet }),
  );
  process.once('SIGTERM', async () => {
    await drain(server, gateway);
    clearInterval(metricsTimer);
    gateway.metrics.flush();
    process.exit(0);
  });
}

async function createGateway(config: FleetConfig): Promise<Gateway> {
  const now = Date.now;
  const aws = createAwsClients(now, log);
  const { dynamodb, lambda, secrets } = aws;
  const reachServers = () => reaches(config.serversUrl, REACH_MS);
  const health = new Health({ ...aws, board: sightingsBoard(aws, config), reachServers, log });
  health.start();
  const replica = randomUUID().slice(0, 8);
  const ledger = new Ledger(dynamodb, config.ledgerTable, { name: replica, now });
  const fences = new Fences(dynamodb, config.directoryTable);
  const sidecarKeys = await loadSidecarKeys(secrets, config);
  const sealKeys = await RotatingSealKeys.load(secrets, config.sealKeySecret);
  setInterval(() => {
    sealKeys.refresh().catch((error: Error) => log.error({ event: 'seal_keys_not_refreshed', reason: error.name }));
  }, SEAL_KEY_REFRESH_MS).unref();
  return {
    config,
    replica,
    now,
    patience: PATIENCE,
    tokens: createTokenVerifier(config.identity, now),
    decisions: createDecisions(lambda, config.authorizerFunction, now),
    admission: new Admission(),
    sealKeys,
    upstreams: new Upstreams(config.serversUrl, config.serversTlsName, contextSigner(sidecarKeys, now), now),
    restorations: new Restorations(),
    catalogue: new Catalogue(),
    affinity: new Affinity(),
    ownRequests: new OwnRequests(),
    reconciliations: new Reconciliations(),
    ledger,
    lateWrites: new LateWrites(log),
    directory: new Directory(dynamodb, config.directoryTable),
    fences,
    openCallers: new OpenCallers(fences, replica, now, log),
    metrics: new Metrics(config.fleet, Object.keys(config.servers), now, (line) => process.stdout.write(`${line}\n`)),
    health,
    log,
  };
}

function readConfig(env: NodeJS.ProcessEnv): FleetConfig {
  const text = env[FLEET_CONFIG_VARIABLE];
  if (!text) throw new Error(`the environment variable ${FLEET_CONFIG_VARIABLE} is missing; the McpFleet construct sets it`);
  return JSON.parse(text) as FleetConfig;
}

start().catch((error: Error) => {
  log.fatal({ event: 'start_failed', reason: error.message });
  process.exit(1);
});
