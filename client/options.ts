import type { Clock, RecoveryBudget } from './budget';
import type { Fetch } from './platform';

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
