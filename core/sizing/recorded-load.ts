import { type LoadProfile, peakSessions } from './load-profile';
import type { Timeline } from './timeline';
import { type Wanted, Workforce } from './workforce';

/** A session as it was, or a call that belonged to none: what takes a slot, and for how long. */
export interface RecordedSession {
  readonly agent: string;
  /** That the agent has now; default 1. */
  readonly weight?: number;
  /** When it was opened, in milliseconds since the beginning of the load. */
  readonly at: number;
  /** Milliseconds. */
  readonly length: number;
}

/** What came to a server once, and comes again as it did. */
export interface RecordedLoad extends Pick<LoadProfile, 'thinkSeconds' | 'cpuMs' | 'hours' | 'seed'> {
  readonly recorded: readonly RecordedSession[];
}

/** What comes to a server. */
export type ServerLoad = LoadProfile | RecordedLoad;

/** Has sessions asked for as the load says. */
export function bringOn(load: ServerLoad, time: Timeline, want: (session: Wanted) => void): void {
  if (!('recorded' in load)) {
    new Workforce(load, time, want).start();
    return;
  }
  for (const { agent, weight = 1, at, length } of load.recorded)
    time.in(at - time.now, () => want({ agent, weight, length, over: () => undefined }));
}

/** Most sessions that are wanted at the same time. */
export function mostAtOnce(load: ServerLoad): number {
  if (!('recorded' in load)) return peakSessions(load);
  const changes = load.recorded.flatMap(({ at, length }) => [
    { at, by: 1 },
    { at: at + length, by: -1 },
  ]);
  let [open, most] = [0, 0];
  // What ends at a moment has made room for what begins then.
  for (const { by } of changes.sort((one, other) => one.at - other.at || one.by - other.by)) {
    open += by;
    most = Math.max(most, open);
  }
  return most;
}
