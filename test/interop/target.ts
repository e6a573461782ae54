import type { Front } from './front';
import type { Journal } from './journal';

/** Servers that a client is pointed at, and what can be broken about them. */
export interface Target {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The client's way in. */
  readonly front: Front;
  readonly journal: Journal;
  /** Kills the instance of a server process. */
  killInstance(pid: number): Promise<void>;
  /** Kills what stands in front of the server and carries this call. */
  killGateway(reference: string): Promise<void>;
  /** Resolves when everything that was killed has been replaced. */
  whole(): Promise<void>;
  /** States of the ledger's rows of a call; none where there is no ledger. */
  ledgerStates(reference: string): Promise<readonly string[]>;
  stop(): Promise<void>;
}
