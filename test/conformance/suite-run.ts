import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PackageCache } from '../suites/package-cache';
import { REQUIREMENT_SETS, type SetName } from './requirement-sets';
import { readScenarios, type SetResults } from './results';
import type { Target } from './target';

/** A whole set takes seconds; one that hangs is ended after this many milliseconds. */
const LIMIT_MS = 10 * 60_000;

export interface SuiteRun {
  readonly set: SetName;
  readonly target: Target;
  /** Folder of our bundled client. */
  readonly client: string;
  /** Only these scenarios; all of the set when empty. */
  readonly scenarios: readonly string[];
  /** Where the suite writes what it saw. */
  readonly folder: string;
  readonly signal: AbortSignal;
}

/** Runs one requirement set, one process at a time. */
export async function runSuite(suites: PackageCache, run: SuiteRun): Promise<SetResults> {
  const { all, one, scenarios, subject } = REQUIREMENT_SETS[run.set];
  const listed = await listScenarios(suites, run);
  const wanted = (scenarios ?? listed.all).filter((name) => run.scenarios.length === 0 || run.scenarios.includes(name));
  const choices = all !== undefined && run.scenarios.length === 0 ? [all] : wanted.map((name) => ['--scenario', name, ...one]);
  mkdirSync(run.folder, { recursive: true });
  let output = '';
  for (const choice of choices) output += await suite(suites, run, [...subjectArguments(run), '-o', run.folder, ...choice]);
  writeFileSync(join(run.folder, 'output.txt'), output);
  const prefix = subject === 'client' ? '' : 'server-';
  return { scenarios: readScenarios(run.folder, prefix, wanted), required: new Set(listed.required) };
}

/** What is under test. The suite splits the command of a client at its spaces. */
function subjectArguments({ set, target, client }: SuiteRun): string[] {
  const { subject } = REQUIREMENT_SETS[set];
  if (subject === 'client') return ['client', '--command', `${process.execPath} ${join(client, 'index.js')}`];
  return ['server', '--url', target.url(subject.server)];
}

/** Scenarios that the suite has for a set: those that it requires, and with them those that are run and never scored. */
async function listScenarios(suites: PackageCache, run: SuiteRun): Promise<{ all: readonly string[]; required: readonly string[] }> {
  const { list, subject } = REQUIREMENT_SETS[run.set];
  const side = subject === 'client' ? 'client' : 'server';
  const output = await suite(suites, run, ['list', ...list]);
  const [, section = ''] = new RegExp(`^${side} scenarios.*:\n((?: +- .*\n)+)`, 'im').exec(output) ?? [];
  const required = [...section.matchAll(/- (\S+)/g)].map(([, name]) => name as string);
  const optional = [...output.matchAll(new RegExp(`- (\\S+) \\[${side}\\]$`, 'gm'))].map(([, name]) => name as string);
  return { all: [...required, ...optional], required };
}

/** What the suite says; its verdict is in its files. */
async function suite(suites: PackageCache, { set, target, signal }: SuiteRun, args: readonly string[]): Promise<string> {
  const child = spawn(suites.newerNode(), [join(suites.locate(REQUIREMENT_SETS[set].suite), 'dist/index.js'), ...args], {
    env: { ...process.env, ...target.clientEnvironment },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: LIMIT_MS,
    signal,
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk));
  await once(child, 'close');
  return output;
}
