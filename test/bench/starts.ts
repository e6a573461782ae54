import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { usageOf } from './generator/usage';
import type { RoundsParts } from './rounds';
import { type Spread, spreadOf } from './statistics';
import type { Surroundings } from './targets/target';
import { kindOf, type TargetName } from './targets/targets';
import type { Variant } from './variants';

const STARTED: readonly TargetName[] = ['gateway-like', 'sidecar', 'gateway'];

/** What it takes a program to begin. */
export interface StartsRow {
  readonly target: string;
  /** Milliseconds until it takes connections, or, of a function, until its handler is there. */
  readonly wall: Spread;
  /** The same against a Node that has nothing to do. */
  readonly ratio: Spread;
  /** Milliseconds of CPU until then. */
  readonly cpu?: Spread;
}

/** A Node that does nothing: what all of them take. */
const NOTHING = 'node -e 0';

/** Nothing is asked of them. */
const NO_TABLES = 'http://127.0.0.1:1';

/** Milliseconds. */
type Started = { readonly wall: number; readonly cpu?: number };

/** Starts each program in turn, round for round. @param variants of which those that begin are started */
export async function playStarts(variants: readonly Variant[], parts: RoundsParts): Promise<readonly StartsRow[]> {
  const programs = programsOf(variants, parts);
  for (const begin of programs.values()) await begin();
  const rounds: Map<string, Started>[] = [];
  for (let round = 0; round < parts.rounds; round++) {
    const started = new Map<string, Started>();
    for (const [name, begin] of programs) {
      parts.signal.throwIfAborted();
      started.set(name, await begin());
    }
    rounds.push(started);
  }
  return [...programs.keys()].map((target) => rowOf(target, rounds));
}

function programsOf(variants: readonly Variant[], { surroundings }: RoundsParts): ReadonlyMap<string, () => Promise<Started>> {
  const programs = new Map<string, () => Promise<Started>>();
  for (const variant of variants) {
    const { name, target, node, dist } = variant;
    if (!programs.has(NOTHING)) programs.set(NOTHING, () => run(node, ['-e', '0']));
    if (STARTED.includes(target)) programs.set(name, () => start(target, { ...surroundings(variant), servers: 1 }));
    const authorizer = join(dist, 'lambda/authorizer/index.js');
    if (target === 'gateway')
      programs.set(name.replace(target, 'authorizer'), () =>
        run(node, ['-e', 'require(process.argv[1])', authorizer], {
          ...surroundings(variant).authority.environment(NO_TABLES),
          ALLOWLIST_TABLE: 'allowlist',
        }),
      );
  }
  return programs;
}

async function start(name: TargetName, surroundings: Surroundings): Promise<Started> {
  const beganAt = performance.now();
  const target = await kindOf(name).start(surroundings);
  const wall = performance.now() - beganAt;
  const cpu = target.own.reduce((sum, { pid }) => sum + usageOf(pid).cpu, 0) * 1000;
  await target.stop();
  return { wall, cpu };
}

async function run(node: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Started> {
  const beganAt = performance.now();
  const [code] = await once(spawn(node, args, { env, stdio: 'ignore' }), 'exit');
  if (code !== 0) throw new Error(`${args.join(' ')} ended with ${code}`);
  return { wall: performance.now() - beganAt };
}

function rowOf(target: string, rounds: readonly ReadonlyMap<string, Started>[]): StartsRow {
  const each = (of: (started: Started, nothing: Started) => number): Spread =>
    spreadOf(rounds.map((round) => of(round.get(target) as Started, round.get(NOTHING) as Started)));
  const cpu = each(({ cpu }) => cpu ?? Number.NaN);
  return {
    target,
    wall: each(({ wall }) => wall),
    ratio: each(({ wall }, nothing) => wall / nothing.wall),
    ...(!Number.isNaN(cpu.median) && { cpu }),
  };
}
