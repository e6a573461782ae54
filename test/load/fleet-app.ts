import { OnLoss, ServerRuntime, ToolPolicy } from '../../lib';
import type { FleetApp } from '../suites/fleet-app';
import { TOOLS } from './counter';

/** Name of the server. */
export const SERVER = 'counter';

export interface FleetAppProps {
  /** Folder of the counter server's image. */
  readonly directory: string;
  /** One agent for each client process. */
  readonly agents: readonly string[];
  readonly instances: number;
  /** Slots of one instance. */
  readonly perInstance: number;
}

/** One restartable server; half of its tools only read. */
export function loadFleet({ directory, agents, instances, perInstance }: FleetAppProps): FleetApp {
  const tools = Object.entries(TOOLS).map(
    ([tool, effect]) => [tool, effect === 'read_only' ? ToolPolicy.readOnly() : ToolPolicy.stateChanging()] as const,
  );
  return {
    name: 'load',
    agents,
    servers: (fleet) => [
      fleet.addServer(SERVER, {
        runtime: ServerRuntime.http({ directory, port: 3000 }),
        sessions: { perInstance, onLoss: OnLoss.RESTART },
        scaling: { minInstances: instances, maxInstances: instances * 2 },
        tools: Object.fromEntries(tools),
      }),
    ],
  };
}
