// npm test: installs what is missing, builds, checks types and style, and runs the tests.
// The last line on stdout is `N passed, N failed`; a build, type or style check that fails counts as one.
// With --e2e it runs the tests that drive the whole fleet instead, with --long the long ones (*.long.test.ts). Other arguments go to jest.
import { spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { installMissing, root, run } from './install.mjs';

const e2e = process.argv.includes('--e2e');
const long = process.argv.includes('--long');
const jestArguments = process.argv.slice(2).filter((argument) => argument !== '--e2e' && argument !== '--long');
const CONFIG = e2e ? 'test/e2e/jest.config.cjs' : long ? 'test/long.jest.config.cjs' : 'jest.config.cjs';
const bin = (name) => join(root, 'node_modules', name);
const node = (...args) => run(process.execPath, args);

const verdicts = [step('install', installMissing)];
if (verdicts[0]) verdicts.push(step('build', () => node('build/when-stale.mjs')));
const built = verdicts[0] && verdicts[1];
// One process reads all types: beside the tests, for it would leave every core but one idle.
const types = built && !e2e && !long ? beside('types', bin('typescript/bin/tsc'), '-p', 'tsconfig.json') : undefined;
if (types) verdicts.push(step('style', () => node(bin('@biomejs/biome/bin/biome'), 'check', '--error-on-warnings', '.')));
const tests = built ? jest(CONFIG) : { passed: 0, failed: 0 };
if (types) verdicts.push(await types);
const passed = verdicts.filter(Boolean).length + tests.passed;
const failed = verdicts.filter((verdict) => !verdict).length + tests.failed;
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

function step(name, work) {
  const start = performance.now();
  const done = work();
  console.log(`${done ? '✔' : '✘'} ${name} ${((performance.now() - start) / 1000).toFixed(1)} s`);
  return done;
}

/** Runs a program while others run; says how it ended when somebody asks. */
function beside(name, ...args) {
  const folder = mkdtempSync(join(tmpdir(), 'mcp-fleet-test-'));
  const output = join(folder, 'output');
  const file = openSync(output, 'w');
  const start = performance.now();
  const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', file, file] });
  closeSync(file);
  return new Promise((done) => {
    child.once('close', (code) => {
      process.stdout.write(readFileSync(output, 'utf8'));
      rmSync(folder, { recursive: true, force: true });
      done(step(`${name} (beside the tests, ${((performance.now() - start) / 1000).toFixed(1)} s)`, () => code === 0));
    });
  });
}

/** Counts tests, and each test file that did not get as far as its tests as one failure. */
function jest(config) {
  const folder = mkdtempSync(join(tmpdir(), 'mcp-fleet-test-'));
  const report = join(folder, 'jest.json');
  try {
    // More workers than cores: most of a test is waiting for processes and connections.
    const workers = e2e ? '--runInBand' : `--maxWorkers=${Math.ceil(availableParallelism() * 1.5)}`;
    const ended = node(bin('jest/bin/jest.js'), '--config', config, workers, '--json', `--outputFile=${report}`, ...jestArguments);
    const { numPassedTests, numFailedTests, numRuntimeErrorTestSuites } = JSON.parse(readFileSync(report, 'utf8'));
    const failures = numFailedTests + numRuntimeErrorTestSuites;
    return { passed: numPassedTests, failed: ended || failures > 0 ? failures : 1 };
  } catch (error) {
    console.error(`jest left no report: ${error.message}`);
    return { passed: 0, failed: 1 };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
