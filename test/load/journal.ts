/** What an agent does; `again` asks once more, with its key, for a call whose outcome is unknown. */
export type Operation = 'open' | 'read' | 'write' | 'again' | 'stream' | 'announcement' | 'delete' | 'after delete';

/** What came of it. The first five are right at any time. */
export type Outcome =
  | 'ok'
  /** The answer says that the session was lost and opened again, and so it was. */
  | 'restored'
  /** The answer says so, but the session goes on where it was: the agent was told before, or need not have been told. */
  | 'told again'
  /** Of `again`: it was executed after all, and this is its answer. */
  | 'replayed'
  /** Of `again`: nobody can tell still, and it was not sent again. */
  | 'still unknown'
  /** The call was in flight when its instance died, and the agent was told so. */
  | 'unknown'
  /** The GET stream was cut, and opened again. */
  | 'cut'
  /** The answer is another session's, call's or instance's. */
  | 'misrouted'
  | 'unknown session'
  /** The session began anew, and the answer does not say so. */
  | 'restarted silently'
  /** The count is off: a call was lost, or executed twice. */
  | 'miscounted'
  | 'failed';

export interface Entry {
  readonly operation: Operation;
  readonly outcome: Outcome;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly ms: number;
  /** Milliseconds that the call was told to take; of `ms`. */
  readonly told?: number;
  readonly session: string;
  /** Where the session was when it began, as far as its agent knew. */
  readonly instance?: string;
  /** Of a state-changing call: what it goes by in the server's log. */
  readonly nonce?: string;
  readonly detail?: string;
}

/** The end of an instance. Times are milliseconds since the epoch. */
export interface Incident {
  readonly instance: string;
  readonly killedAt: number;
  /** By then the load balancer sends it nothing more. */
  readonly goneAt: number;
}

/** Whether it was under way on the instance when that died. */
export function wasInFlight(entry: Entry, incident: Incident): boolean {
  return mayHaveBeenOn(incident, entry) && entry.at <= incident.goneAt;
}

/** Whether it was on the instance when that died, or later. Where an agent does not know yet which instance it is on, it may have been. */
export function mayHaveBeenOn({ instance: gone, killedAt }: Incident, { at, ms, instance }: Entry): boolean {
  return (instance === undefined || instance === gone) && at + ms >= killedAt;
}

/** Nearest-rank percentile. */
export function percentile(sorted: readonly number[], percent: number): number {
  return sorted[Math.max(0, Math.ceil((sorted.length * percent) / 100) - 1)] ?? 0;
}
