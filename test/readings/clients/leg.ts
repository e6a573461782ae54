import type { HttpAnswer } from './connection';
import type { Heard } from './messages';

/** One request and what came of it. */
export interface Sent {
  /** Text of the message, as far as it is one. */
  readonly text: string;
  readonly answer: HttpAnswer;
  readonly messages: readonly Heard[];
}

/** A case on one of its two ways. */
export interface Leg {
  readonly sent: readonly Sent[];
  /** What came on the session's GET stream. */
  readonly heard: readonly Heard[];
  /** Whether a session was opened. */
  readonly session: boolean;
  /** What went wrong around the requests themselves, in sentences. */
  readonly troubles: readonly string[];
}

/** Where a case is played. */
export interface Stage {
  /** Origin of who answers. */
  readonly origin: string;
  readonly path: string;
  readonly mark: string;
  /** Absent on the direct way. */
  readonly token?: string;
  /** What happens on the way of the requests themselves; not of what opens and ends their session. */
  readonly around?: { begin(): void; end(): void };
}

/** Milliseconds until an answer is given up; far above what recovery may cost. */
export const PATIENCE_MS = 15_000;
