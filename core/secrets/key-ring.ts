import { SESSION_LIFETIME_SECONDS } from '../sealed-session';

/** How often a ring is read again, in milliseconds: a new key is known everywhere within this time. */
export const KEY_REFRESH_MS = 5 * 60_000;
/** How long a new key is known before it is used, in milliseconds: two readings may fail. */
export const KEY_PUBLISH_MS = 3 * KEY_REFRESH_MS;
/** How long ids are opened that were sealed with a key out of use, in milliseconds: a session's longest life, and a little. */
export const KEEP_SEAL_KEY_MS = SESSION_LIFETIME_SECONDS * 1_000 + KEY_PUBLISH_MS;
/** How long a task may run that knows no newer gateway–sidecar key, in milliseconds: it has those of its start. */
export const KEEP_SIDECAR_KEY_MS = 400 * 24 * 3_600_000;

/** Most keys of a ring: each is a code more on every call to a sidecar, which takes no more than so many. */
export const MOST_KEYS = 32;

/** A key that a rotation has made. */
export interface RingKey {
  readonly key: string;
  /** When it takes the place of the one before it, in milliseconds since the epoch. */
  readonly from: number;
}

/** What a rotation adds to a ring, and what it drops. */
export interface Rotation {
  readonly key: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** How long the new key is known before it is used, in milliseconds: whoever reads the ring less often would meet what it cannot open. */
  readonly publishMs: number;
  /** How long a key still counts once another has taken its place, in milliseconds. */
  readonly keepMs: number;
}

/**
 * The keys that a secret holds, oldest first. Before its first rotation it is a text, which is the one key.
 * @throws Error for a text that is neither; no key is in the message
 */
export function readKeyRing(text: string): RingKey[] {
  if (!text.startsWith('{')) return [{ key: text, from: 0 }];
  const { keys } = parsed(text) as { keys?: unknown };
  const isRing = Array.isArray(keys) && keys.length > 0 && keys.every(isRingKey);
  if (!isRing) throw new Error('it is no ring of keys: { "keys": [{ "key": text, "from": milliseconds }] }');
  return (keys as RingKey[]).toSorted((a, b) => a.from - b.from);
}

/** The one that is used now. */
export function keyInUse(ring: readonly RingKey[], now: number): RingKey {
  return ring.findLast(({ from }) => from <= now) ?? (ring[0] as RingKey);
}

/** The ring with one more key, as its secret holds it; whoever rotates by hand again and again drops the oldest. */
export function rotated(ring: readonly RingKey[], { key, now, publishMs, keepMs }: Rotation): string {
  // One is out of use since its successor is in use.
  const kept = ring.filter((_, at) => (ring[at + 1]?.from ?? Number.POSITIVE_INFINITY) > now - keepMs);
  return JSON.stringify({ keys: [...kept.slice(1 - MOST_KEYS), { key, from: now + publishMs }] });
}

function isRingKey(value: unknown): boolean {
  const { key, from } = (value ?? {}) as Partial<RingKey>;
  return typeof key === 'string' && key !== '' && typeof from === 'number' && Number.isFinite(from);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return {}; // what JSON.parse says would quote it
  }
}
