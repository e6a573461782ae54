import { startFleet } from '../suites/fleet';
import { layBeside, packageCache } from '../suites/package-cache';
import { AGENT, interopFleet } from './fleet-app';
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
  const cache = packageCache('test/interop/packages/servers');
  const servers = interopServers(cache, layBeside(cache, 'test/interop/servers'));
  const declared = names.map((name) => [name, { runtime: servers[name].runtime, scaling: { minInstances: 1 } }] as const);
  const fleet = await startFleet({ app: interopFleet(Object.fromEntries(declared)), scratch, packages: cache.folder });
  const rows: NamedServerRow[] = [];
  try {
    const headers = { authorization: `Bearer ${await fleet.token(AGENT)}` };
    for (const name of names) {
      signal.throwIfAborted();
      const server = servers[name];
      const row = {
        server: name,
        title: `${server.package} ${cache.version(server.package)}`,
        how: server.how,
        callsTool: server.call !== undefined,
        ...(await runServer(server, fleet.endpoint(name), headers)),
      };
      onRow(row);
      rows.push(row);
    }
    return rows;
  } finally {
    await fleet.stop();
  }
}
