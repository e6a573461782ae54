import { metricsInterval } from '../core/metrics';
import { SHORTEST_SECRET } from '../core/secrets/forms';
import type { TargetCertificate } from '../core/target-certificate';
import { Child } from './child';
import { systemClock } from './clock';
import { EcsApi } from './ecs-api';
import { readInstance, regionOf } from './instance';
import { LIMITS } from './limits';
import { guardedOutput, openLog } from './log';
import { OwnService } from './own-service';
import { readSettings } from './settings';
import { Sidecar } from './sidecar';

/** Starts the sidecar from its environment and stops it on SIGTERM (ECS) or SIGINT (a terminal). */
async function main(): Promise<void> {
  const settings = readSettings(process.env);
  const { id: instance, member } = await readInstance(settings.metadataUri);
  const { fleet, server, streamAgeSeconds } = settings.config;
  const log = openLog({ role: 'sidecar', fleet, server, instance }, guardedOutput(settings.guard));
  const { guard: { unguarded = [] } = {} } = settings;
  if (unguarded.length > 0) log.warn({ secrets: unguarded, shortest: SHORTEST_SECRET }, 'secrets_too_short_to_guard');
  const print = (line: string) => process.stdout.write(`${line}\n`);
  const service = member && new OwnService(new EcsApi(process.env, regionOf(member)), member);
  const streamAge = streamAgeSeconds === undefined ? LIMITS.streamAge : streamAgeSeconds * 1_000;
  const limits = { ...LIMITS, streamAge, tick: metricsInterval(process.env) };
  const certificate = settings.config.targetTls ? await ownCertificate() : undefined;
  const sidecar = new Sidecar(settings, { instance, service, clock: systemClock, limits, log, print, certificate });

  // What children write is for none but their own user.
  process.umask(0o077);
  // Whatever ends this process, no child may be left behind.
  process.on('exit', () => Child.killAll());
  process.on('uncaughtException', (error) => {
    log.fatal({ error: error.stack }, 'crashed');
    process.exit(1);
  });
  let stopping = false;
  const stop = (): void => {
    if (stopping) return;
    stopping = true;
    sidecar.drain().then(() => process.exit(0));
  };
  // Another one ends nothing sooner: who stops it, and who finds it not ready from then on, may be two.
  process.on('SIGTERM', stop);
  // Who does not want to wait at a terminal says so twice.
  process.on('SIGINT', () => (stopping ? process.exit(1) : stop()));
  if (settings.triesChild && !(await sidecar.tryChild())) throw new Error('the server does not answer initialize');
  await sidecar.start();
}

/** Read where it is needed alone: it is larger than a sidecar. */
async function ownCertificate(): Promise<TargetCertificate> {
  const { targetCertificate } = await import('../core/target-certificate');
  return await targetCertificate(systemClock.now());
}

main().catch((error: unknown) => {
  process.stdout.write(
    `${JSON.stringify({ level: 'fatal', event: 'not_started', reason: error instanceof Error ? error.message : String(error) })}\n`,
  );
  process.exit(1);
});
