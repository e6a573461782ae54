/**
 * What operators order while a fleet runs, without a deploy: one item in the table of the allowlist, which gateways read and no role of
 * the fleet writes.
 */

import { timeOfKey } from './key-time';

/** Both keys of the item; no agent's id has this length. */
export const ORDERS_KEY = 'orders';

/** How often a gateway reads it, in milliseconds: 2.6 million consistent reads of one small item a month and replica. */
export const ORDERS_READ_MS = 1_000;

/**
 * For how long a gateway goes by what it has read, in milliseconds. Longer than a silent attempt of a request (3 s) and the next one, so
 * that one broken connection stops nothing; after it, nobody could say that a freeze is in force.
 */
export const ORDERS_BELIEVED_MS = 5_000;

/** Which calls a freeze stops; all of them where it names neither. */
export interface FreezeScope {
  readonly server?: string;
  /** Name of the tool, on each server where none is named. */
  readonly tool?: string;
}

/** An order that calls which may change state do not begin. */
export interface Freeze extends FreezeScope {
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** Who has ordered it. */
  readonly by: string;
  readonly reason?: string;
}

/** An order after the ledger's table was restored from a backup: what was claimed since the restore point is forgotten. */
export interface Epoch {
  /** The restore point, in milliseconds since the epoch. */
  readonly from: number;
  /** When it was ordered: no gateway has claimed anything in the lost table since. Milliseconds since the epoch. */
  readonly until: number;
  /** Who has ordered it. */
  readonly by: string;
}

export interface Orders {
  readonly freezes: readonly Freeze[];
  readonly epoch?: Epoch;
}

/** Most by which an agent's clock and the operator's, together, may run ahead, in milliseconds: keys are dated by the one, the epoch by the other. */
const DATING_MS = 10 * 60_000;

/**
 * Whether a restored table may have forgotten a call: one with this key may have been claimed after the restore point. Not where the key
 * says itself that it was made later; nor where the row that stands there was begun later; nor once every forgotten key has expired.
 * @param key idempotency key; undefined for a call without one
 * @param standing the row under the key, where there is one
 * @param keyLifetimeMs how long a key names its call
 */
export function mayBeForgotten(
  { until }: Epoch,
  key: string | undefined,
  standing: { readonly claimedAt: number } | undefined,
  now: number,
  keyLifetimeMs: number,
): boolean {
  if (now > until + keyLifetimeMs || (standing !== undefined && standing.claimedAt > until)) return false;
  const madeAt = key === undefined ? undefined : timeOfKey(key);
  return madeAt === undefined || madeAt <= until + DATING_MS || madeAt > now + DATING_MS;
}

/** The freeze that stops the calls of a tool; undefined where none does. */
export function freezeOf({ freezes }: Orders, server: string, tool: string): Freeze | undefined {
  return freezes.find((freeze) => (freeze.server ?? server) === server && (freeze.tool ?? tool) === tool);
}

/** What a freeze stops, in words. */
export function scopeInWords({ server, tool }: FreezeScope): string {
  if (server === undefined) return tool === undefined ? 'every server' : `"${tool}" of every server`;
  return tool === undefined ? `"${server}"` : `"${tool}" of "${server}"`;
}
