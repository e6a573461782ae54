import { createHash } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { decodeText, encodeText } from '../../ledger/kept-text';

const sha256 = (text: string) => `sha256:${createHash('sha256').update(text).digest('hex')}`;

test('a short text stands there as it is, a longer one compressed', async () => {
  expect(await encodeText('short')).toEqual({ text: 'short' });
  const long = 'a long text '.repeat(10_000);
  const kept = await encodeText(long);
  expect([kept.encoding, kept.text.length < 10_000, await decodeText(kept)]).toEqual(['gzip', true, long]);
});

test.each([
  ['longer than any', 'x'.repeat(5 * 1024 * 1024)],
  // Characters of two units stand across every place at which it is cut.
  ['of characters that are two, cut anywhere', `.${'😀'.repeat(1_200_000)}`],
])('what is %s is left out, and its digest is there', async (_, text) => {
  const kept = await encodeText(text);
  expect(kept).toEqual({ text: sha256(text), encoding: 'omitted' });
  expect(await decodeText(kept)).toBeUndefined();
});
