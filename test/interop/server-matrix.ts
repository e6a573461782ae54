import { join } from 'node:path';
import { startFleet } from './fleet';
import { synthesizeFleet } from './fleet-app';
import { layBeside, packageCache } from './package-cache';
import { runServer, type ServerRow } from './server-run';
import { interopServers, type ServerName } from './servers';

/** One third-party server behind the fleet. */
export interface NamedServerRow extends ServerRow {
  readonly server: ServerName;
  /** Package and version. */
  readonly title: string;
  readonly how: string;
  readonly callsTool: boolean;
}

/** Runs each server behind one fleet, unchanged. @param onRow told of each row */
export async function runServers(
  names: readonly ServerName[],
  scratch: string,
  signal: AbortSignal,
  onRow: (row: NamedServerRow) => void,
): Promise<readonly NamedServerRow[]> {
  const cache = packageCache('servers');
  const servers = interopServers(cache, layBeside(cache, 'servers'));
  const assembly = join(scratch, 'cdk.out');
  const declared = names.map((name) => [name, { runtime: servers[name].runtime, scaling: { minInstances: 1 } }] as const);
  synthesizeFleet(Object.fromEntries(declared), assembly);
  const fleet = await startFleet(assembly, scratch, cache.folder);
  const rows: NamedServerRow[] = [];
  try {
    for (const name of names) {
      signal.throwIfAborted();
      const server = servers[name];
      const headers = { authorization: `Bearer ${fleet.token}` };
      const row = {
        server: name,
        title: `${server.package} ${cache.version(server.package)}`,
        how: server.how,
        callsTool: server.call !== undefined,
        ...(await runServer(server, `${fleet.account.baseUrl}/${name}/mcp`, headers)),
      };
      onRow(row);
      rows.push(row);
    }
    return rows;
  } finally {
    await fleet.stop();
  }
}
