import { createSecretKey } from 'node:crypto';
import type { ServerConfig, SidecarConfig } from '../../core/fleet-config';
import { systemClock } from '../../sidecar/clock';
import { LIMITS, type Limits } from '../../sidecar/limits';
import { openLog } from '../../sidecar/log';
import { Sidecar } from '../../sidecar/sidecar';
import { Balancer } from '../local/fixtures/load-balancer';
import { type RawServer, startRawServer } from '../sidecar/raw-server';
import { grant, type Rig, startRig } from './rig';

/** The gateways, the load balancer, a sidecar and a server of the name `app`, as they stand behind each other. */
export interface Chain {
  readonly rig: Rig;
  readonly balancer: Balancer;
  readonly sidecar: Sidecar;
  readonly server: RawServer;
  /** What the sidecar has logged. */
  readonly logged: readonly { readonly event: string; readonly [fact: string]: unknown }[];
  stop(): Promise<void>;
}

export interface ChainSettings {
  readonly server?: Partial<ServerConfig>;
  readonly sidecar?: Partial<SidecarConfig>;
  readonly limits?: Partial<Limits>;
  readonly idleTimeoutSeconds?: number;
}

/** @param answer of the server, see {@link startRawServer} */
export async function startChain(answer: Parameters<typeof startRawServer>[0], settings: ChainSettings = {}): Promise<Chain> {
  const server = await startRawServer(answer);
  const balancer = await Balancer.start({ 'stickiness.enabled': 'true' }, { HealthCheckPath: '/healthz' }, settings.idleTimeoutSeconds);
  const logged: { event: string }[] = [];
  const runtime = { kind: 'http', url: server.url } as const;
  const config = { fleet: 'test', server: 'app', runtime, slots: 100, drainSeconds: 1, ...settings.sidecar };
  const sidecar = new Sidecar(
    { config, keys: [createSecretKey(Buffer.from('sidecar key'))], host: '127.0.0.1', port: 0, childEnvironment: {} },
    {
      instance: 'task-1',
      clock: systemClock,
      limits: { ...LIMITS, ...settings.limits },
      log: openLog({}, { write: (line) => void logged.push(JSON.parse(line)) }),
      print: () => undefined,
    },
  );
  const port = await sidecar.start();
  await new Promise<void>((healthy) => balancer.group.register('task-1', port, port, (health) => health === 'healthy' && healthy()));
  const serversUrl = `http://127.0.0.1:${balancer.listener.port}`;
  const rig = await startRig({ app: { tools: {}, ...settings.server } }, {}, { serversUrl });
  await grant(rig, 'agent', 'app', ['*']);
  return {
    rig,
    balancer,
    sidecar,
    server,
    logged,
    stop: async () => {
      await rig.stop();
      sidecar.sessions.endAll('drained');
      await sidecar.close();
      await balancer.close();
      await server.close();
    },
  };
}
