import type { Datapoint, LocalAccount, ProcessRow } from '../local-account';
import { eventually } from './agents';
import { type DirectoryRow, tablesOf } from './tables';

/** Sidecars report every 10 s; two periods and a little. */
const REPORT_LIMIT_MS = 25_000;

/** What stands open while no call is under way. */
export interface Holding {
  readonly sidecars: readonly SidecarHolding[];
  readonly directory: readonly DirectoryRow[];
}

export interface SidecarHolding {
  readonly task: string;
  readonly server: string | undefined;
  /** Sessions that the sidecar says it holds when it is asked. */
  readonly sessions: number | undefined;
  /** The first datapoints after the last call; undefined when none came in time. */
  readonly activeSessions: number | undefined;
  readonly slotsInUse: number | undefined;
  readonly slotUtilization: number | undefined;
}

/** Waits for one report of each sidecar made from now on. The caller keeps its sessions open meanwhile. */
export async function seeHolding(account: LocalAccount): Promise<Holding> {
  const since = Date.now();
  const sidecars = (await account.processes()).filter(({ role }) => role === 'sidecar');
  const directory = await tablesOf(account).directory();
  await eventually(() => {
    const silent = sidecars.filter(({ task }) => latest(account, task, 'SlotUtilization', since) === undefined);
    return silent.length === 0 ? true : undefined;
  }, REPORT_LIMIT_MS);
  return { directory, sidecars: sidecars.map((sidecar) => holdingOf(account, sidecar, since)) };
}

function holdingOf(account: LocalAccount, { task, server, sessions }: ProcessRow, since: number): SidecarHolding {
  return {
    task,
    server,
    sessions,
    activeSessions: latest(account, task, 'ActiveSessions', since)?.value,
    slotsInUse: latest(account, task, 'SlotsInUse', since)?.value,
    slotUtilization: latest(account, task, 'SlotUtilization', since)?.value,
  };
}

function latest(account: LocalAccount, task: string, metric: string, since: number): Datapoint | undefined {
  return account.datapoints().findLast(({ name, source, at }) => name === metric && source === task && at >= since);
}
