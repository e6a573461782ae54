import { randomUUID } from 'node:crypto';
import { pino } from 'pino';
import { FLEET_CONFIG_VARIABLE, type FleetConfig, RUNTIME_PORT } from '../core/fleet-config';
import { requireKnown } from '../core/formats';
import { LOG_SHAPE } from '../core/log-shape';
import { metricsInterval } from '../core/metrics';
import { KEY_REFRESH_MS } from '../core/secrets/key-ring';
import type { TargetCertificate } from '../core/target-certificate';
import { createAwsClients } from './aws/clients';
import { Health } from './aws/health';
import { requireTables } from './aws/own-tables';
import { sightingsBoard } from './aws/sightings';
import { type Composition, composeGateway } from './compose';
import { secretReader } from './credentials/secret-values';
import { drain } from './drain';
import { PATIENCE } from './http/patience';
import { createGatewayServer } from './http/server';
import { RotatingSealKeys } from './identity/seal-keys';
import { ListedServers, withListed } from './listed-servers';
import { reaches } from './upstream/reach';
import { RotatingSidecarKeys } from './upstream/sidecar-keys';

/** Longest wait for a connection to the servers' load balancer when nothing else is reached, in milliseconds. */
const REACH_MS = 2_000;

/** Lines leave together: in chunks, or after so many milliseconds. */
const output = pino.destination({ fd: 1, sync: false, minLength: 12_288, periodicFlush: 100 });
const log = pino({ ...LOG_SHAPE, base: { role: 'gateway' }, messageKey: 'message' }, output);

async function start(): Promise<void> {
  const deployed = readConfig(process.env);
  const aws = createAwsClients(Date.now, log);
  const { table, lambda, secrets } = aws;
  const listed = new ListedServers({ config: deployed, table, log });
  const config = withListed(deployed, listed);
  const health = new Health({ ...aws, board: sightingsBoard(aws, config), reachServers: () => reaches(config.serversUrl, REACH_MS), log });
  health.start();
  await requireTables(aws.dynamodb, config, log);
  if (isListing(config)) await listed.load();
  const readSecret = secretReader(secrets);
  const sidecarKeys = await RotatingSidecarKeys.load(readSecret, config, Date.now, log);
  const sealKeys = await RotatingSealKeys.load(secrets, config.sealKeySecret);
  refreshKeys(sidecarKeys, sealKeys);
  const gateway = composeGateway({
    config,
    replica: randomUUID().slice(0, 8),
    table,
    lambda,
    sidecarKeys,
    sealKeys,
    readSecret,
    patience: PATIENCE,
    health,
    now: Date.now,
    writeMetrics: (line) => output.write(`${line}\n`),
    log,
  });
  const server = createGatewayServer(gateway, config.targetTls ? await ownCertificate() : undefined);
  gateway.lookout.start();
  gateway.upstreams.connectAhead(config.servers);
  gateway.revocations.start();
  await gateway.orders.start();
  if (isListing(config)) {
    listed.start({
      prepare: (servers) => sidecarKeys.prepare(servers),
      onChange: (servers) => gateway.upstreams.connectAhead(servers),
      onFailure: (servers) => tellListingFailure(gateway, servers),
    });
  }
  const metricsTimer = setInterval(() => gateway.metrics.flush(), metricsInterval(process.env));
  const port = Number(process.env.PORT ?? RUNTIME_PORT);
  server.listen(port, process.env.HOST ?? '0.0.0.0', () =>
    log.info({ event: 'listening', port, replica: gateway.replica, fleet: config.fleet }),
  );
  const end = async (): Promise<void> => {
    gateway.lookout.stop();
    gateway.revocations.stop();
    listed.stop();
    await drain(server, gateway);
    gateway.orders.stop();
    clearInterval(metricsTimer);
    gateway.metrics.flush();
    process.exit(0);
  };
  let isEnding = false;
  // Another one ends nothing sooner: who stops a replica, and who finds it unhealthy from then on, may be two.
  process.on('SIGTERM', () => {
    if (!isEnding) void end();
    isEnding = true;
  });
}

/** Read where it is needed alone: what it takes to make one is a quarter as large as a gateway. */
async function ownCertificate(): Promise<TargetCertificate> {
  const { targetCertificate } = await import('../core/target-certificate');
  return await targetCertificate(Date.now());
}

/** Whether servers of other stacks may be listed: a fleet of an earlier version has no place for any. */
function isListing({ listedServersUrls }: FleetConfig): boolean {
  return listedServersUrls !== undefined;
}

/** Of one that nobody knows yet no metric could tell, so that all do. */
function tellListingFailure({ metrics, config }: Composition, servers: readonly string[] | undefined): void {
  if (servers?.every((server) => Object.hasOwn(config.servers, server))) {
    for (const server of servers) metrics.count(server, 'ListingFailures');
  } else metrics.countAll('ListingFailures');
}

function refreshKeys(...keys: readonly { refresh(): Promise<void> }[]): void {
  setInterval(() => {
    for (const each of keys) each.refresh().catch((error: Error) => log.error({ event: 'keys_not_refreshed', reason: error.name }));
  }, KEY_REFRESH_MS).unref();
}

function readConfig(env: NodeJS.ProcessEnv): FleetConfig {
  const text = env[FLEET_CONFIG_VARIABLE];
  if (!text) throw new Error(`the environment variable ${FLEET_CONFIG_VARIABLE} is missing; the McpFleet construct sets it`);
  return requireKnown('gatewayConfig', JSON.parse(text) as FleetConfig);
}

start().catch((error: Error) => {
  log.fatal({ event: 'start_failed', reason: error.message });
  process.exit(1);
});
