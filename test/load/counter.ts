/** What the counter server says in each answer and notification, as JSON text: enough to see at once who answered whom. */
export interface Counted {
  /** ECS task id of the instance. */
  readonly instance: string;
  /** Name under which the session's client introduced itself in `initialize`. */
  readonly client: string;
  /** How often `increment` ran in this session, on this instance. */
  readonly count: number;
  /** As the call brought it. */
  readonly nonce: string;
  /** How this session's calls are answered. */
  readonly answers: 'json' | 'stream';
}

/** Arguments of every tool. */
export interface CounterInput {
  readonly nonce: string;
  /** Default 0. */
  readonly seconds?: number;
}

/** The tools, and what is declared of them. */
export const TOOLS = {
  /** Counts up, and answers after `seconds`. */
  increment: 'state_changing',
  /** Tells the count after `seconds`. */
  count: 'read_only',
  /** Tells the count, now in the answer and after `seconds` on the session's GET stream. */
  announce: 'read_only',
} as const;

/** Event of the log line that the server writes for each state-changing call that it runs. */
export const EXECUTED = 'executed';

export type Tool = keyof typeof TOOLS;
