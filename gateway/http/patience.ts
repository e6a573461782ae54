/** How long silence lasts before something is done about it, in milliseconds. */
export interface Patience {
  /** Silence on a stream after which a comment keeps idle timers away: a quarter of the shortest on the way (ALB: 60 s by default). */
  readonly heartbeatMs: number;
  /** Wait for an answer after which it becomes a stream, so that a comment can be sent at all. */
  readonly streamAfterMs: number;
  /**
   * Wait for the answer of a claimed call until its stream is primed: as short as can be, for a stream that is cut before
   * cannot be resumed, and long enough for an instance to say 404, which needs a status of its own.
   */
  readonly primeAfterMs: number;
}

export const PATIENCE: Patience = { heartbeatMs: 15_000, streamAfterMs: 10_000, primeAfterMs: 25 };
