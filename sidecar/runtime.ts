import type { Exchange } from './exchange';
import type { Session } from './sessions';
import type { Slot } from './slots';

/** How the sidecar reaches its server: over loopback HTTP, or as child processes. */
export interface Runtime {
  /** Whether the server would take a request now. */
  isReady(): Promise<boolean>;
  /** Serves an `initialize`; the slot becomes the session's, or is released. */
  openSession(exchange: Exchange, slot: Slot): void;
  /** Serves a request that names a session which this instance holds for its agent. */
  continueSession(exchange: Exchange, session: Session): void;
  /** Serves a request without a session; its slot is released by the caller. */
  answerOnce(exchange: Exchange): void;
  /** Ends what is kept without being used. */
  endIdle(): void;
  /** Ends everything; no child outlives it. */
  close(): Promise<void>;
}
