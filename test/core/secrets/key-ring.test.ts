import { expect, test } from '@jest/globals';
import { KEEP_SIDECAR_KEY_MS, keyInUse, MOST_KEYS, readKeyRing, rotated } from '../../../core/secrets/key-ring';

const WAYS = { publishMs: 10, keepMs: 100 };
const keysOf = (text: string) => readKeyRing(text).map(({ key }) => key);

test('a key is known before it is used, and kept for as long as it may be needed', () => {
  const first = rotated(readKeyRing('text'), { key: 'a', now: 1_000, ...WAYS });
  expect(keyInUse(readKeyRing(first), 1_009).key).toBe('text');
  expect(keyInUse(readKeyRing(first), 1_010).key).toBe('a');
  const second = rotated(readKeyRing(first), { key: 'b', now: 1_050, ...WAYS });
  expect(keysOf(second)).toEqual(['text', 'a', 'b']);
  expect(keysOf(rotated(readKeyRing(second), { key: 'c', now: 1_109, ...WAYS }))).toEqual(['text', 'a', 'b', 'c']);
  expect(keysOf(rotated(readKeyRing(second), { key: 'c', now: 1_110, ...WAYS }))).toEqual(['a', 'b', 'c']);
});

test('one that is the only one is used, whenever it was meant to be', () => {
  expect(keyInUse([{ key: 'a', from: 1_000 }], 1).key).toBe('a');
});

test.each(['{', '{}', '{"keys":[]}', '{"keys":[{"key":"","from":1}]}', '{"keys":[{"key":"sk-live","from":"1"}]}'])(
  '%s is no ring',
  (text) => {
    expect(() => readKeyRing(text)).toThrow(/^it is no ring of keys/);
  },
);

test('however often somebody rotates by hand, a ring has no more keys than a sidecar takes, and the newest are in it', () => {
  let text = 'first';
  for (let at = 1; at <= 100; at++)
    text = rotated(readKeyRing(text), { key: `k${at}`, now: at, publishMs: 1, keepMs: KEEP_SIDECAR_KEY_MS });
  const keys = readKeyRing(text).map(({ key }) => key);
  expect(keys).toHaveLength(MOST_KEYS);
  expect(keys.at(-1)).toBe('k100');
});
