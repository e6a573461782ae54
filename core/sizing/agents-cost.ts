import { type Carried, costOfCalls, type Lane, totalOf } from './call-cost';
import { HOURS_OF_MONTH, monthlyCost } from './prices';
import type { TaskSize } from './sized-server';

/** What agents do in a month. */
export interface Work {
  /** All of them at the same time. */
  readonly hours: number;
  readonly callsAnHour: number;
  /** Calls of each lane, of one. */
  readonly lanes: Readonly<Record<Lane, number>>;
  readonly carried: Carried;
}

/** 22 days of 8 hours; a call every 30 s, of which one in five changes something. */
export const OFFICE: Work = {
  hours: 176,
  callsAnHour: 120,
  lanes: { read: 0.8, keyed: 0.18, keyless: 0.02 },
  carried: { arguments: 200, result: 1_000 },
};

/** A server as it is deployed. */
export interface ScaledServer {
  readonly slots: number;
  readonly min: number;
  /** Percent of slots in use that scaling keeps. */
  readonly target: number;
  readonly task: TaskSize;
}

/** US dollars a month beside what stands anyway: each agent holds a session at every server while it works. */
export function costOfAgents(
  agents: number,
  servers: readonly ScaledServer[],
  work: Work,
): { readonly tasks: number; readonly calls: number } {
  const more = ({ slots, min, target }: ScaledServer): number => Math.max(0, Math.ceil(agents / ((slots * target) / 100)) - min);
  const calls = (agents * work.hours * work.callsAnHour) / 1e6;
  const million = Object.entries(work.lanes).reduce(
    (sum, [lane, share]) => sum + share * totalOf(costOfCalls(lane as Lane, work.carried)),
    0,
  );
  return {
    tasks: servers.reduce((sum, server) => sum + (monthlyCost(server.task, more(server)) * work.hours) / HOURS_OF_MONTH, 0),
    calls: calls * million,
  };
}

/** US dollars for a thousand sessions that are held for an hour, at the share of slots that scaling keeps. */
export function costOfSessionHours({ slots, target, task }: Pick<ScaledServer, 'slots' | 'target' | 'task'>): number {
  return (1_000 / ((slots * target) / 100)) * (monthlyCost(task, 1) / HOURS_OF_MONTH);
}
