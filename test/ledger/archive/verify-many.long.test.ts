import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';

const CALLS = 200_000;
/** MiB of a heap into which so many rows do not fit. */
const HEAP = 96;

function run(mode: 'hold' | 'verify'): Promise<{ readonly failed: boolean; readonly stdout: string }> {
  const script = join(__dirname, 'fixtures/verify-many.ts');
  const options = [`--max-old-space-size=${HEAP}`, '--import', 'tsx', script, mode, String(CALLS)];
  return new Promise((resolve) =>
    execFile(process.execPath, options, { maxBuffer: 64 * 1024 * 1024 }, (error, stdout) => resolve({ failed: error !== null, stdout })),
  );
}

test('an archive that does not fit into memory is verified, and what is wrong with it is named', async () => {
  const { failed, stdout } = await run('verify');
  expect(failed).toBe(false);
  const verdict = JSON.parse(stdout);
  expect(verdict).toMatchObject({ segments: 200, records: CALLS - 1, rows: CALLS, more: 0 });
  expect(verdict.findings.map(({ fault, what }: { fault: string; what: string }) => `${fault} ${what}`).sort()).toEqual([
    'differs row bank#agent#c:call-123456',
    'missing record 6501',
    'missing row bank#agent#c:call-6500',
  ]);
}, 300_000);

test('the same heap does not hold its rows', async () => {
  expect((await run('hold')).failed).toBe(true);
}, 300_000);
