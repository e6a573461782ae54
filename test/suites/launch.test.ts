import { spawnSync } from 'node:child_process';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { readCommandLine, type SharedOptions, usageOf } from './command-line';
import { runSuite } from './launch';
import { ROOT } from './root';
import type { Stage, Suite, Verdict } from './suite';

const PASSED: Verdict = { passed: true, counts: { passed: 3, failed: 0 }, facts: ['seed 7'], document: { seed: 7 } };

let stdout: string[];
let stderr: string[];
let scratch: string;

beforeEach(() => {
  stdout = [];
  stderr = [];
  jest.spyOn(console, 'log').mockImplementation((line: unknown) => void stdout.push(String(line)));
  jest.spyOn(console, 'error').mockImplementation((line: unknown) => void stderr.push(String(line)));
});

afterEach(() => {
  jest.restoreAllMocks();
  if (scratch !== undefined) rmSync(scratch, { recursive: true, force: true });
});

/** A suite whose run writes a file, says a line, and then does this. */
function suite(then: (stage: Stage) => Verdict): Suite<SharedOptions> {
  const run = async (_: SharedOptions, stage: Stage): Promise<Verdict> => {
    scratch = stage.scratch;
    writeFileSync(join(scratch, 'log'), 'seen');
    stage.say('under way');
    return then(stage);
  };
  return { name: 'readings', usage: usageOf('readings', '  --own'), readOptions: (args) => readCommandLine(args, {}), run };
}

const withoutSeconds = (line: string | undefined): string | undefined => line?.replace(/; \d+ s$/, '; n s');

test('a run that passed ends with 0, and leaves nothing behind', async () => {
  expect(
    await runSuite(
      suite(() => PASSED),
      [],
    ),
  ).toBe(0);
  expect([stdout.map(withoutSeconds), stderr]).toEqual([['under way', 'readings passed: 3 passed, 0 failed; seed 7; n s'], []]);
  expect(existsSync(scratch)).toBe(false);
});

test('a run that failed ends with 1, and names the folder with what it has written', async () => {
  const failed = { ...PASSED, passed: false, counts: { passed: 2, failed: 1 } };
  expect(
    await runSuite(
      suite(() => failed),
      [],
    ),
  ).toBe(1);
  expect(withoutSeconds(stdout.at(-1))).toBe('readings FAILED: 2 passed, 1 failed; seed 7; n s');
  expect([stderr, existsSync(join(scratch, 'log'))]).toEqual([[expect.stringContaining(scratch)], true]);
});

test('a run that breaks has failed, and says of what', async () => {
  const broken = suite(() => {
    throw new Error('the fleet did not start');
  });
  expect(await runSuite(broken, [])).toBe(1);
  expect(withoutSeconds(stdout.at(-1))).toBe('readings FAILED: the fleet did not start; n s');
  expect(existsSync(join(scratch, 'log'))).toBe(true);
});

test('with --keep what was written stays', async () => {
  expect(
    await runSuite(
      suite(() => PASSED),
      ['--keep'],
    ),
  ).toBe(0);
  expect(existsSync(join(scratch, 'log'))).toBe(true);
});

test('with --json there is one object on stdout, and the lines for people are on stderr', async () => {
  expect(
    await runSuite(
      suite(() => PASSED),
      ['--json'],
    ),
  ).toBe(0);
  expect(stdout.map((line) => JSON.parse(line))).toEqual([{ passed: true, seed: 7 }]);
  expect(stderr.map(withoutSeconds)).toEqual(['under way', 'readings passed: 3 passed, 0 failed; seed 7; n s']);
});

test('Ctrl-C ends it with 130, and leaves nothing behind', async () => {
  const interrupted = suite(({ signal }) => {
    process.emit('SIGINT');
    signal.throwIfAborted();
    return PASSED;
  });
  expect(await runSuite(interrupted, [])).toBe(130);
  expect([stderr, existsSync(scratch)]).toEqual([['readings interrupted'], false]);
});

test('help is no failure, and what is not known is wrong usage', async () => {
  expect(
    await runSuite(
      suite(() => PASSED),
      ['--help'],
    ),
  ).toBe(0);
  expect(stdout.at(-1)).toMatch(/^Usage: npm run test:readings[\s\S]*--own[\s\S]*--json/);
  expect(
    await runSuite(
      suite(() => PASSED),
      ['--unknown'],
    ),
  ).toBe(2);
  expect(stderr.at(-1)).toMatch(/--unknown[\s\S]*Usage: npm run test:readings/);
});

test('a suite that there is not is wrong usage', () => {
  const { status, stderr: said } = spawnSync(process.execPath, [join(ROOT, 'test/suites/run.mjs'), 'nothing'], { encoding: 'utf8' });
  expect([status, said]).toEqual([
    2,
    expect.stringMatching(
      /Suites: aws, bench, capacity, chaos, conformance, deploy, docs, hostile, interop, load, newcomer, package, readings, security;/,
    ),
  ]);
});
