import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { readLines } from '../../bin/log-reader';

const folder = mkdtempSync(join(tmpdir(), 'log-reader-'));
afterAll(() => rmSync(folder, { recursive: true }));

const row = (text: string) => `${JSON.stringify({ time: '2026-11-26T18:30:01.250Z', role: 'gateway', source: 'a', text })}\n`;

async function textsOf(lines: AsyncIterable<{ text: string } | undefined>, most: number): Promise<(string | undefined)[]> {
  const texts: (string | undefined)[] = [];
  for await (const line of lines) {
    texts.push(line?.text);
    if (texts.length === most) break;
  }
  return texts;
}

test('reads what is there, and says so; half a line and what is no JSON are left out', async () => {
  const path = join(folder, 'whole');
  writeFileSync(path, `${row('é'.repeat(300_000))}not JSON\n${row('two')}{"half`);
  const texts = await textsOf(readLines(path, false, new AbortController().signal), 9);
  expect(texts.map((text) => text?.length)).toEqual([300_000, 3, undefined]);
});

test('follows what is written later, in whatever pieces, until it is interrupted', async () => {
  const path = join(folder, 'growing');
  writeFileSync(path, row('one'));
  const interruption = new AbortController();
  const lines = readLines(path, true, interruption.signal);
  expect(await textsOf({ [Symbol.asyncIterator]: () => ({ next: () => lines.next() }) }, 2)).toEqual(['one', undefined]);
  const half = row('é two');
  appendFileSync(path, Buffer.from(half).subarray(0, -9));
  const next = lines.next();
  appendFileSync(path, Buffer.from(half).subarray(-9));
  expect((await next).value).toMatchObject({ text: 'é two' });
  interruption.abort();
  expect((await lines.next()).done).toBe(true);
});
