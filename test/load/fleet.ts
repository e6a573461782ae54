import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { LocalAccount } from '../../local/local-account';
import { startLocalAccount } from '../../local/start';
import { synthesizeFleet } from './fleet-app';

export interface FleetProps {
  readonly counterServer: string;
  readonly agents: readonly string[];
  readonly instances: number;
  readonly perInstance: number;
  /** Folder for its assembly and state. */
  readonly scratch: string;
}

/** Synthesizes the fleet and runs it in this process: edge, gateways, sidecars and counter servers. */
export async function startFleet({ scratch, counterServer, ...props }: FleetProps): Promise<LocalAccount> {
  const assembly = join(scratch, 'cdk.out');
  // The account notes in its folder that it runs: not in the project's, where another may run.
  const folder = join(scratch, 'account');
  mkdirSync(folder, { recursive: true });
  synthesizeFleet({ ...props, directory: counterServer, outdir: assembly });
  return startLocalAccount({ assembly, port: 0, controlFolder: folder, persist: join(folder, 'state') });
}
