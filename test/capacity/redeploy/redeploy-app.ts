import { join } from 'node:path';
import { Duration } from 'aws-cdk-lib';
import { KeyPolicy, OnLoss, ServerRuntime, ToolPolicy } from '../../../lib';
import type { FleetApp } from '../../suites/fleet-app';

/** The agent, and the servers by what becomes of their sessions when an instance goes. */
export const AGENT = 'buyer';
export const SERVERS = { restart: 'bank', surface: 'notes' } as const;
export type Version = 'one' | 'two';

export interface RedeployProps {
  readonly version: Version;
  /** Folder of the servers' programs. */
  readonly programs: string;
  /** Where servers tell of what they execute. */
  readonly journal: string;
}

/** Two servers whose instances stay as many as they are. */
export function redeployFleet({ version, programs, journal }: RedeployProps): FleetApp {
  return {
    name: 'redeploy',
    agents: [AGENT],
    servers: (fleet) =>
      ([OnLoss.RESTART, OnLoss.SURFACE] as const).map((onLoss) =>
        fleet.addServer(SERVERS[onLoss], {
          runtime: ServerRuntime.http({ directory: join(programs, `desk-http-${version}`), port: 3000 }),
          environment: { JOURNAL: journal },
          sessions: { perInstance: 100, onLoss },
          scaling: { minInstances: 2, maxInstances: 2 },
          tools: { read: ToolPolicy.readOnly(), write: ToolPolicy.stateChanging({ key: KeyPolicy.REQUIRED }) },
          drain: Duration.seconds(3),
          deployWithin: Duration.minutes(1),
        }),
      ),
  };
}
