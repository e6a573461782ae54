import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { WAYS } from '../../readings/broken/ways';
import { bundle, type Replacement } from '../../suites/bundling';
import type { Bypass, Tally } from './worker';

/** Bypasses after which a worker has seen enough. */
const ENOUGH = 5;
/** Within so many messages a reader that is broken on purpose must be found. */
const PLANTED_WITHIN = 20_000;
/** Of the readers that are broken on purpose those by which a message can pass that is not granted. */
const PLANTED = WAYS.filter(({ name }) => name === 'duplicates' || name === 'folding');

export interface FuzzProps {
  readonly seed: number;
  readonly messages: number;
  readonly scratch: string;
  readonly signal: AbortSignal;
}

/** Judges messages by the real reader and policy, and asks other parsers what a server would do. */
export async function fuzz({ seed, messages, scratch, signal }: FuzzProps): Promise<Tally> {
  const program = await bundled(join(scratch, 'fuzz'));
  const workers = Math.max(1, Math.min(availableParallelism(), 4));
  const share = Math.ceil(messages / workers);
  const shares = Array.from({ length: workers }, (_, at) => [at * share, Math.min(share, messages - at * share)] as const);
  return added(await Promise.all(shares.map(([from, count]) => work(program, [seed, from, count, ENOUGH], signal))));
}

/** Readers that are broken on purpose, each with the first bypass that it opens; undefined where none was found. */
export async function fuzzPlanted({
  seed,
  scratch,
  signal,
}: Omit<FuzzProps, 'messages'>): Promise<ReadonlyMap<string, Bypass | undefined>> {
  const found = new Map<string, Bypass | undefined>();
  for (const way of PLANTED) {
    const program = await bundled(join(scratch, `fuzz-${way.name}`), way);
    const { bypasses } = await work(program, [seed, 0, PLANTED_WITHIN, 1, 1], signal);
    found.set(way.name, bypasses[0]);
  }
  return found;
}

async function bundled(folder: string, replacement?: Replacement): Promise<string> {
  mkdirSync(folder, { recursive: true });
  await bundle({ worker: 'test/security/fuzz/worker.ts' }, folder, replacement);
  return join(folder, 'worker.js');
}

async function work(program: string, args: readonly number[], signal: AbortSignal): Promise<Tally> {
  const child = spawn(process.execPath, [program, ...args.map(String)], { stdio: ['ignore', 'pipe', 'inherit'], signal });
  const [said, [code]] = await Promise.all([text(child.stdout), once(child, 'close') as Promise<[number | null]>]);
  if (code !== 0) throw new Error(`a worker of the fuzzer ended with ${code}`);
  return JSON.parse(said.trim().split('\n').at(-1) as string) as Tally;
}

function added(tallies: readonly Tally[]): Tally {
  const sum = (of: (tally: Tally) => number) => tallies.reduce((all, tally) => all + of(tally), 0);
  return {
    messages: sum(({ messages }) => messages),
    admitted: sum(({ admitted }) => admitted),
    parsers: tallies[0]?.parsers ?? [],
    bypasses: tallies.flatMap(({ bypasses }) => bypasses),
  };
}
