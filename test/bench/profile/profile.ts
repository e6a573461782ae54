import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundle } from '../../suites/bundling';
import type { Load } from '../loads';
import { playRounds, type RoundsParts } from '../rounds';
import type { StageParts } from '../stage';
import { kindOf } from '../targets/targets';
import type { Variant } from '../variants';
import { type CpuProfile, sharesOf } from './shares';

/** Where a program's time goes under a load. */
export interface ProfileRow {
  readonly target: string;
  readonly load: string;
  /** Of the time that it was busy, by whose code ran. */
  readonly shares: Readonly<Record<string, number>>;
}

/** Programs of this project, bundled so that each line tells whose it is. */
const PROGRAMS = { 'gateway/index': 'gateway/main.ts', 'sidecar/index': 'sidecar/main.ts' };

/** Those of this project, built anew and told to write down where their time goes; what they write tells one load only. */
export async function profiling(variants: readonly Variant[], load: string, { scratch }: StageParts): Promise<readonly Variant[]> {
  const dist = join(scratch, 'profiled');
  await bundle(PROGRAMS, dist);
  return variants
    .filter(({ target }) => kindOf(target).runs === 'ours')
    .map((variant) => ({ ...variant, dist, nodeFlags: ['--cpu-prof', `--cpu-prof-dir=${folderOf(variant, load, scratch)}`] }));
}

/** @returns a function that reads what has been written, once the programs have ended */
export async function playProfiled(load: Load, parts: RoundsParts, { scratch }: StageParts): Promise<() => readonly ProfileRow[]> {
  await playRounds(load, parts);
  return () => parts.targets.flatMap(({ variant, own }) => own.map(({ name, pid }) => rowOf(variant, name, pid, load.name, scratch)));
}

function rowOf(variant: Variant, program: string, pid: number, load: string, scratch: string): ProfileRow {
  const folder = folderOf(variant, load, scratch);
  const file = readdirSync(folder).find((name) => name.includes(`.${pid}.`));
  if (file === undefined) throw new Error(`${program} of ${variant.name} has left no profile in ${folder}`);
  const profile = JSON.parse(readFileSync(join(folder, file), 'utf8')) as CpuProfile;
  const source = readFileSync(join(variant.dist, `${program}/index.js`), 'utf8');
  const target = program === variant.name ? program : `${program} of ${variant.name}`;
  return { target, load, shares: Object.fromEntries(sharesOf(profile, source)) };
}

function folderOf({ name }: Variant, load: string, scratch: string): string {
  const folder = join(scratch, 'profiles', `${name}-${load}`);
  mkdirSync(folder, { recursive: true });
  return folder;
}
