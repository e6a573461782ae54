import { join } from 'node:path';
import { ServerRuntime, ToolPolicy } from '../../lib';
import type { LocalAccountOptions } from '../../local/local-account';
import { bundlePrograms } from '../suites/bundling';
import { type Fleet, startFleet } from '../suites/fleet';
import type { Stage } from '../suites/suite';
import type { Opener } from './sessions';

/** A server whose number of instances stays. */
export interface Shape {
  readonly name: string;
  readonly instances: number;
  readonly slots: number;
  readonly onLog?: LocalAccountOptions['onLog'];
}

const AGENTS = Array.from({ length: 10 }, (_, index) => `agent${index + 1}`);

/** Starts a fleet of two gateways and one such server, with ten agents; it stops when what is done with it has ended. */
export async function withFleet<Result>(
  { name, instances, slots, onLog }: Shape,
  { scratch, say }: Stage,
  work: (fleet: Fleet, openers: readonly Opener[]) => Promise<Result>,
): Promise<Result> {
  const programs = await bundlePrograms('test/load', ['counter-server'], join(scratch, 'programs'));
  const fleet = await startFleet({
    app: {
      name: 'capacity',
      agents: AGENTS,
      servers: (declared) => [
        declared.addServer(name, {
          runtime: ServerRuntime.http({ directory: programs['counter-server'], port: 3000 }),
          sessions: { perInstance: slots },
          scaling: { minInstances: instances, maxInstances: instances },
          tools: { count: ToolPolicy.readOnly() },
        }),
      ],
    },
    scratch,
    ...(onLog && { onLog }),
  });
  say(`2 gateways and ${instances} instances of "${name}" at ${fleet.account.baseUrl}`);
  try {
    const openers = AGENTS.map(async (agent) => ({ endpoint: fleet.endpoint(name), token: await fleet.token(agent) }));
    return await work(fleet, await Promise.all(openers));
  } finally {
    await fleet.stop();
  }
}
