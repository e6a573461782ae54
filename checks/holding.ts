import type { Datapoint, ProcessRow } from '../local/local-account';
import type { CheckedFleet } from './fleet';
import { type DirectoryRow, tablesOf } from './tables';
import { eventually } from './waiting';

/** Sidecars report every 10 s; two periods and a little. */
const REPORT_LIMIT_MS = 25_000;

/** What stands open in all sessions of the load. */
export interface Holding {
  readonly sidecars: readonly SidecarHolding[];
  readonly directory: readonly DirectoryRow[];
}

export interface SidecarHolding {
  readonly task: string;
  readonly server: string | undefined;
  /** Sessions that the sidecar says it holds when it is asked. */
  readonly sessions: number | undefined;
  /** The last datapoints; undefined when none came in time. */
  readonly activeSessions: number | undefined;
  readonly slotsInUse: number | undefined;
  readonly slotUtilization: number | undefined;
}

/**
 * Waits for one report of each sidecar. The caller keeps its sessions open meanwhile.
 * @param since when the last of them stood open, in milliseconds since the epoch
 */
export async function seeHolding({ account, signal }: CheckedFleet, since: number): Promise<Holding> {
  const sidecars = (await account.processes()).filter(({ role }) => role === 'sidecar');
  const directory = await tablesOf(account).directory();
  let points: readonly Datapoint[] = [];
  await eventually(async () => {
    points = await account.datapoints(since);
    return signal.aborted || sidecars.every(({ task }) => latest(points, task, 'SlotUtilization', since) !== undefined) ? true : undefined;
  }, REPORT_LIMIT_MS);
  return { directory, sidecars: sidecars.map((sidecar) => holdingOf(points, sidecar, since)) };
}

function holdingOf(points: readonly Datapoint[], { task, server, sessions }: ProcessRow, since: number): SidecarHolding {
  return {
    task,
    server,
    sessions,
    activeSessions: latest(points, task, 'ActiveSessions', since)?.value,
    slotsInUse: latest(points, task, 'SlotsInUse', since)?.value,
    slotUtilization: latest(points, task, 'SlotUtilization', since)?.value,
  };
}

function latest(points: readonly Datapoint[], task: string, metric: string, since: number): Datapoint | undefined {
  return points.findLast(({ name, source, at }) => name === metric && source === task && at >= since);
}
