import { ServerRuntime, ToolPolicy } from '../../../lib';
import type { FleetApp } from '../../suites/fleet-app';

export const RUNTIMES = ['http', 'stdio'] as const;
export type RuntimeName = (typeof RUNTIMES)[number];

/** Kept ready on the one instance of a server that is warm. */
export const WARM = 5;
const SLOTS = 9;

/** The same server four times: by either way of running it, with sessions or children kept ready, and without. */
export const serverName = (runtime: RuntimeName, isWarm: boolean): string => `${runtime}-${isWarm ? 'warm' : 'cold'}`;

/** @param directory of the server's program */
export function warmFleet(directory: string, agents: readonly string[]): FleetApp {
  const runtimes: Record<RuntimeName, ServerRuntime> = {
    http: ServerRuntime.http({ directory, port: 3000 }),
    stdio: ServerRuntime.stdio({ directory, command: ['node', 'server/index.js'] }),
  };
  return {
    name: 'warm',
    agents,
    servers: (fleet) =>
      RUNTIMES.flatMap((runtime) =>
        [true, false].map((isWarm) =>
          fleet.addServer(serverName(runtime, isWarm), {
            runtime: runtimes[runtime],
            sessions: { perInstance: SLOTS, warm: isWarm ? WARM : 0 },
            scaling: { minInstances: 1, maxInstances: 1 },
            tools: { name: ToolPolicy.readOnly() },
          }),
        ),
      ),
  };
}
