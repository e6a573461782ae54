import { readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundle } from '../../suites/bundling';
import { eventually } from '../../suites/waiting';
import type { Mutation, Program } from '../threat';
import type { Town } from '../town/town';

/** The source of each program. */
const SOURCES: Readonly<Record<Program, string>> = {
  gateway: 'gateway/main.ts',
  sidecar: 'sidecar/main.ts',
  authorizer: 'lambda/authorizer.ts',
};

const SERVED_MS = 180_000;

/** What the programs of a town were before anything was changed in them. */
const whole = new WeakMap<Town, Map<string, Buffer>>();

/** Puts a program without one of its guards in the place of the real one, and waits until it serves. @throws Error where the guard's text is gone */
export async function mutate(town: Town, { program, ...patch }: Mutation): Promise<void> {
  await restoreOthers(town, program);
  for (const folder of await foldersOf(town, program)) {
    keep(town, join(folder, 'index.js'));
    await bundle({ index: SOURCES[program] }, folder, patch);
  }
  await restart(town, program);
}

async function restoreOthers(town: Town, but: Program): Promise<void> {
  for (const program of Object.keys(SOURCES) as Program[]) {
    if (program === but) continue;
    const files = (await foldersOf(town, program)).map((folder) => join(folder, 'index.js'));
    const changed = files.filter((file) => whole.get(town)?.has(file));
    for (const file of changed) {
      writeFileSync(file, whole.get(town)?.get(file) as Buffer);
      whole.get(town)?.delete(file);
    }
    if (changed.length > 0) await restart(town, program);
  }
}

function keep(town: Town, file: string): void {
  const kept = whole.get(town) ?? new Map<string, Buffer>();
  whole.set(town, kept);
  if (!kept.has(file)) kept.set(file, readFileSync(file));
}

/** Where the processes of a program have it: each runs in the folder of its image, or of its function. */
async function foldersOf(town: Town, program: Program): Promise<readonly string[]> {
  const rows = await rowsOf(town, program);
  return [...new Set(rows.map(({ pid }) => readlinkSync(`/proc/${pid}/cwd`)))];
}

async function rowsOf({ fleet }: Town, program: Program) {
  const isIt = ({ role, task }: { readonly role: string; readonly task: string }) =>
    program === 'authorizer' ? role === 'lambda' && /authorizer/i.test(task) : role === program;
  return (await fleet.processes.rows()).filter(isIt);
}

/** Resolves when honest calls are served again by every replica: what fails from then on, fails of the guard that is gone. @throws Error where they are not */
async function restart(town: Town, program: Program): Promise<void> {
  const { processes } = town.fleet;
  await processes.kill(await rowsOf(town, program));
  if (program !== 'authorizer') await processes.whole();
  town.forgetSessions();
  await eventually('honest calls are served', () => town.serves(), SERVED_MS);
}
