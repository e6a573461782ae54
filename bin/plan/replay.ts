import { termsOf } from '../../checks/fleet';
import type { Tables } from '../../checks/tables';
import { weightOf } from '../../core/agent-terms';
import type { AllowlistEntry } from '../../core/policy';
import { DEFAULT_PROFILE, type LoadProfile } from '../../core/sizing/load-profile';
import { mostAtOnce, type RecordedLoad, type RecordedSession } from '../../core/sizing/recorded-load';
import { sessionRows } from '../session-rows';
import { type Recording, recordingOf, type Window } from './recording';

/** A load as it came once, in so many words. */
export interface Replayed extends Omit<Recording, 'sessions' | 'thinkSeconds'>, Pick<LoadProfile, 'hours' | 'cpuMs' | 'thinkSeconds'> {
  /** When it began, ISO 8601. */
  readonly from: string;
  /** Sessions, and calls that belonged to none. */
  readonly sessions: number;
  /** Most of them at once. */
  readonly peak: number;
}

export interface Replay {
  readonly load: RecordedLoad;
  readonly replayed: Replayed;
}

/** What no row tells. */
export type Untold = Partial<Pick<LoadProfile, 'cpuMs' | 'thinkSeconds' | 'seed'>>;

const HOUR_MS = 3_600_000;

/** Reads the loads of servers in a window; those to which nothing came have none. */
export async function readReplays(
  tables: Pick<Tables, 'ledger' | 'directory' | 'allowlist'>,
  servers: readonly string[],
  window: Window,
  given: Untold,
): Promise<ReadonlyMap<string, Replay>> {
  const [calls, sessions, allowlist] = await Promise.all([tables.ledger(), sessionRows(tables), tables.allowlist()]);
  const weighed = weigherOf(allowlist);
  const at = (server: string) => (row: { readonly server: string }) => row.server === server;
  const replays = servers.map((server) => {
    const recording = recordingOf(calls.filter(at(server)), sessions.filter(at(server)), window);
    return [server, replayOf({ ...recording, sessions: weighed(recording.sessions) }, window, given)] as const;
  });
  return new Map(replays.filter(([, { replayed }]) => replayed.sessions > 0));
}

/** Says of sessions how much their agents count now. */
function weigherOf(allowlist: readonly AllowlistEntry[]): (sessions: readonly RecordedSession[]) => readonly RecordedSession[] {
  const weights = new Map<string, number>();
  return (sessions) =>
    sessions.map((session) => {
      const weight = weights.get(session.agent) ?? weightOf(termsOf(allowlist, session.agent));
      weights.set(session.agent, weight);
      return weight === 1 ? session : { ...session, weight };
    });
}

function replayOf({ sessions, ...recording }: Recording, { from, until }: Window, given: Untold): Replay {
  const load: RecordedLoad = {
    recorded: sessions,
    hours: (until - from) / HOUR_MS,
    cpuMs: given.cpuMs ?? DEFAULT_PROFILE.cpuMs,
    thinkSeconds: given.thinkSeconds ?? recording.thinkSeconds ?? DEFAULT_PROFILE.thinkSeconds,
    seed: given.seed ?? DEFAULT_PROFILE.seed,
  };
  const { hours, cpuMs, thinkSeconds } = load;
  const told = { from: new Date(from).toISOString(), sessions: sessions.length, peak: mostAtOnce(load), hours, cpuMs, thinkSeconds };
  return { load, replayed: { ...recording, ...told } };
}
