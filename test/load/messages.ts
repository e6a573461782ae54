import type { Traffic } from './client/edge';
import type { Entry } from './journal';

export interface ClientSettings {
  /** Name of the process, at the front of its sessions' names. */
  readonly name: string;
  readonly endpoint: string;
  readonly token: string;
  readonly sessions: number;
  /** So many of them are of official clients, v1 and v2 by turns. */
  readonly sdkSessions: number;
  /** Sessions that are called at the same time. */
  readonly atOnce: number;
}

/** From the load to a client process. */
export type Order =
  | { readonly kind: 'open'; readonly settings: ClientSettings }
  /** Calls so often at least, and until it is released. */
  | { readonly kind: 'call'; readonly calls: number }
  | { readonly kind: 'release' }
  | { readonly kind: 'close' };

/** From a client process to the load. */
export type Notice =
  | { readonly kind: 'progress'; readonly done: number; readonly wrong: number }
  /** An order is carried out; `release` has no notice of its own. */
  | { readonly kind: 'done'; readonly entries: readonly Entry[]; readonly traffic: Traffic; readonly resumed: number }
  | { readonly kind: 'failed'; readonly message: string };
