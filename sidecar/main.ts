import { Child } from './child';
import { systemClock } from './clock';
import { readInstanceId } from './instance';
import { LIMITS } from './limits';
import { openLog } from './log';
import { readSettings } from './settings';
import { Sidecar } from './sidecar';

/** Starts the sidecar from its environment and stops it on SIGTERM (ECS) or SIGINT (a terminal). */
async function main(): Promise<void> {
  const settings = readSettings(process.env);
  const instance = await readInstanceId(settings.metadataUri);
  const { fleet, server } = settings.config;
  const log = openLog({ role: 'sidecar', fleet, server, instance });
  const print = (line: string) => process.stdout.write(`${line}\n`);
  const sidecar = new Sidecar(settings, { instance, clock: systemClock, limits: LIMITS, log, print });

  // Whatever ends this process, no child may be left behind.
  process.on('exit', () => Child.killAll());
  process.on('uncaughtException', (error) => {
    log.fatal({ error: error.stack }, 'crashed');
    process.exit(1);
  });
  const stop = () => {
    // A second signal does not wait.
    process.once('SIGTERM', () => process.exit(1)).once('SIGINT', () => process.exit(1));
    sidecar.drain().then(() => process.exit(0));
  };
  let stopping = false;
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      if (!stopping) stop();
      stopping = true;
    });
  }
  if (settings.triesChild && !(await sidecar.tryChild())) throw new Error('the server does not answer initialize');
  await sidecar.start();
}

main().catch((error: unknown) => {
  process.stdout.write(
    `${JSON.stringify({ level: 'fatal', event: 'not_started', reason: error instanceof Error ? error.message : String(error) })}\n`,
  );
  process.exit(1);
});
