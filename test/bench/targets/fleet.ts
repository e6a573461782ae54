import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { ServerRuntime, ToolPolicy } from '../../../lib';
import { startFleet } from '../../suites/fleet';
import type { FleetApp } from '../../suites/fleet-app';
import { ROOT } from '../../suites/root';
import { READ_TOOL, SERVER } from '../calls';
import type { Served } from '../process';
import type { Surroundings, Target } from './target';

/** The synthesized fleet in the local account, whose balancers and tables are programs on Node too. */
export async function startFleetTarget({ scratch, programs }: Surroundings): Promise<Target> {
  const directory = join(scratch, 'fleet-server');
  mkdirSync(directory, { recursive: true });
  copyFileSync(join(programs, 'instant.js'), join(directory, 'index.js'));
  copyFileSync(join(ROOT, 'build/images/Dockerfile'), join(directory, 'Dockerfile'));
  const fleet = await startFleet({ app: fleetApp(directory), scratch: join(scratch, 'fleet') });
  const rows = (await fleet.processes.rows()).filter(({ role }) => role === 'gateway' || role === 'sidecar');
  const own = rows.map(({ role, pid }): Served => ({ name: role, pid, port: 0, log: '', stop: async () => undefined }));
  return {
    port: Number(new URL(fleet.endpoint(SERVER)).port),
    own,
    headers: async () => ({ authorization: `Bearer ${await fleet.token(AGENT)}` }),
    stop: () => fleet.stop(),
  };
}

const AGENT = 'agent';

function fleetApp(directory: string): FleetApp {
  return {
    name: 'bench',
    agents: [AGENT],
    servers: (fleet) => [
      fleet.addServer(SERVER, {
        runtime: ServerRuntime.http({ directory, port: 3000 }),
        sessions: { perInstance: 10_000 },
        scaling: { minInstances: 1, maxInstances: 1 },
        tools: { [READ_TOOL]: ToolPolicy.readOnly() },
      }),
    ],
  };
}
