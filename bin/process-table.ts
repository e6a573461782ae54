import type { ProcessRow, RemoteServer } from '../local/local-account';
import { table } from './terminal';

const HEADER = ['ROLE', 'SERVER', 'TASK', 'PID', 'ADDRESS', 'SESSIONS', 'WARM'];

/** The processes of the local account, and below them the servers that run somewhere else. */
export function processTable(processes: readonly ProcessRow[], remoteServers: readonly RemoteServer[]): readonly string[] {
  const rows = processes.map(({ role, server = '-', task, pid, address = '-', sessions = '-', warm = '-' }) =>
    [role, server, task, pid, address, sessions, warm].map(String),
  );
  const remote = remoteServers.map(({ kind, server, origin }) => [kind, server, '-', '-', origin, '-', '-']);
  return table(HEADER, [...rows, ...remote]);
}
