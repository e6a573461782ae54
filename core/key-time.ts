/** A UUID of version 7 in its one spelling (RFC 9562 §4, §5.7); its first 48 bits are milliseconds since the epoch. */
const UUID_7 = /^([0-9a-f]{8})-([0-9a-f]{4})-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/i;

/**
 * When a key was made, where it says so itself; in milliseconds since the epoch. Only a UUID of version 7 does: it is marked as one,
 * where a ULID is like any other 26 letters and digits.
 */
export function timeOfKey(key: string): number | undefined {
  const [, high, low] = UUID_7.exec(key) ?? [];
  return high === undefined || low === undefined ? undefined : Number.parseInt(high + low, 16);
}
