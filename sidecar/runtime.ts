import type { Exchange } from './exchange';
import type { Session } from './sessions';
import type { Slot } from './slots';

/** How the sidecar reaches its server: over loopback HTTP, or as child processes. */
export interface Runtime {
  /** How many sessions or children are ready before anybody has asked for them; undefined where none shall be. */
  readonly warm?: number;
  /** Whether the server would take a request now, and what shall be warm was so, or was waited for as long as may be. */
  isReady(): Promise<boolean>;
  /** Serves an `initialize`; the slot becomes the session's, or is released. */
  openSession(exchange: Exchange, slot: Slot): void;
  /** Serves a request that names a session which this instance holds for its agent. */
  continueSession(exchange: Exchange, session: Session): void;
  /** Serves a request without a session; its slot is released by the caller. */
  answerOnce(exchange: Exchange): void;
  /** What is free here has become more or less, or nothing new shall begin. */
  noteRoom(): void;
  /** Ends what is kept without being used, and looks after what is kept warm. */
  tend(): void;
  /** Ends everything; no child outlives it. */
  close(): Promise<void>;
}
