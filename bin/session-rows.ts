import type { Tables } from '../checks/tables';
import type { DirectoryRow } from '../gateway/ledger/directory';

/** A session of the directory, without the server's own session id and its cookie: whoever has both has the session. */
export type SessionRow = Omit<DirectoryRow, 'upstream' | 'cookie' | 'initialize'>;

/** Also those that were ended, in no order. */
export async function sessionRows(tables: Pick<Tables, 'directory'>): Promise<readonly SessionRow[]> {
  const rows = (await tables.directory()) as unknown as readonly DirectoryRow[];
  return rows.map(({ upstream: _, cookie: __, initialize: ___, ...row }) => row);
}

/** `instance gone`: nobody has ended it, and what held it does not run; its agent learns when it comes back. */
export type SessionState = 'open' | 'instance gone' | 'ended' | 'refused';

/** @param instances those that run, by their task ids */
export function stateOf({ closedAt, refused, instance }: SessionRow, instances: ReadonlySet<string>): SessionState {
  if (refused) return 'refused';
  if (closedAt !== undefined) return 'ended';
  return instance === undefined || instances.has(instance) ? 'open' : 'instance gone';
}

/** @param now milliseconds since the epoch */
export function isOpen({ closedAt, expiresAt }: SessionRow, now: number): boolean {
  return closedAt === undefined && expiresAt * 1_000 > now;
}
