import type { Fetch, PlatformSignal } from './platform';

/** What a key may be chosen from. */
export interface PlannedCall {
  readonly url: string;
  readonly tool: string;
  readonly arguments: Readonly<Record<string, unknown>>;
}

export interface RecoveryOptions {
  /** Names the agent's task in the ledger and in its budget of sessions. Default: a random UUID. */
  readonly taskId?: string;
  /** How much recovery one request may cost. */
  readonly budget?: Partial<RecoveryBudget>;
  /**
   * Chooses the idempotency key of a call that carries none, so that the same intent has the same key also after the
   * agent was restarted. Undefined leaves the choice to us: a random UUID, or none for a tool that changes nothing.
   */
  readonly idempotencyKey?: (call: PlannedCall) => string | undefined;
  /** Whether `annotations.readOnlyHint` of a server is believed; when false, every call gets a key. Default true. */
  readonly trustAnnotations?: boolean;
  /** Whether a lost session is opened again without a word. Default true; the state that the server held for it is lost. */
  readonly reopenSessions?: boolean;
  /** What sends the requests. Default: the global `fetch`. */
  readonly fetch?: Fetch;
  readonly clock?: Partial<Clock>;
}

/** How much one request may cost in recovery. */
export interface RecoveryBudget {
  /** How often the request is sent, the first time included. Default 6. */
  readonly attempts: number;
  /** Milliseconds from the first failure until no new attempt begins. Default 45 000: less than the 60 s after which SDK clients give up. */
  readonly totalMs: number;
  /** Wait before the second attempt in milliseconds, doubled each time up to 5 s, half of it at random. Default 250. */
  readonly backoffMs: number;
}

export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Rejects with the signal's reason when it aborts. */
  sleep(ms: number, signal?: PlatformSignal): Promise<void>;
  /** In [0, 1). */
  random(): number;
}
