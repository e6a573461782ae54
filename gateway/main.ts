import { randomUUID } from 'node:crypto';
import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { pino } from 'pino';
import { FLEET_CONFIG_VARIABLE, type FleetConfig, RUNTIME_PORT } from '../core/fleet-config';
import { LOG_SHAPE } from '../core/log-shape';
import { createAwsClients } from './aws/clients';
import { Health } from './aws/health';
import { sightingsBoard } from './aws/sightings';
import { composeGateway } from './compose';
import { drain } from './drain';
import { PATIENCE } from './http/patience';
import { createGatewayServer } from './http/server';
import { RotatingSealKeys, SEAL_KEY_REFRESH_MS } from './identity/seal-keys';
import { METRICS_INTERVAL_MS } from './metrics';
import { reaches } from './upstream/reach';
import { loadSidecarKeys } from './upstream/sidecar-keys';

/** Longest wait for a connection to the servers' load balancer when nothing else is reached, in milliseconds. */
const REACH_MS = 2_000;

/** Lines leave together: in chunks, or after so many milliseconds. */
const output = pino.destination({ fd: 1, sync: false, minLength: 4_096, periodicFlush: 100 });
const log = pino({ ...LOG_SHAPE, base: { role: 'gateway' }, messageKey: 'message' }, output);

async function start(): Promise<void> {
  const config = readConfig(process.env);
  const aws = createAwsClients(Date.now, log);
  const { dynamodb, table, lambda, secrets } = aws;
  const health = new Health({ ...aws, board: sightingsBoard(aws, config), reachServers: () => reaches(config.serversUrl, REACH_MS), log });
  health.start();
  const gateway = composeGateway({
    config,
    replica: randomUUID().slice(0, 8),
    dynamodb,
    table,
    lambda,
    sidecarKeys: await loadSidecarKeys(secrets, config),
    sealKeys: await rotatingSealKeys(secrets, config.sealKeySecret),
    patience: PATIENCE,
    health,
    now: Date.now,
    writeMetrics: (line) => output.write(`${line}\n`),
    log,
  });
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

async function rotatingSealKeys(secrets: SecretsManagerClient, secretId: string): Promise<RotatingSealKeys> {
  const sealKeys = await RotatingSealKeys.load(secrets, secretId);
  setInterval(() => {
    sealKeys.refresh().catch((error: Error) => log.error({ event: 'seal_keys_not_refreshed', reason: error.name }));
  }, SEAL_KEY_REFRESH_MS).unref();
  return sealKeys;
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
