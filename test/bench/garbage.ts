import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../suites/root';
import { eventually } from '../suites/waiting';
import { usageOf } from './generator/usage';
import type { Served } from './process';
import type { Variant } from './variants';

const COLLECTED_MS = 10_000;

/** What a program holds when its garbage is gone. */
export interface Held {
  /** KiB on its heap, and what that refers to outside. */
  readonly heapKib: number;
  /** KiB of `residentKib` that are V8's young generation: empty now, and of a size that has a bound of its own. */
  readonly nurseryKib: number;
  /** Timers that have not run. */
  readonly timers: number;
  /** KiB that are resident. */
  readonly residentKib: number;
  /** Files and sockets that are open. */
  readonly descriptors: number;
}

/** On a Node that can be told to collect its garbage. */
export function collecting(variant: Variant): Variant {
  return { ...variant, nodeFlags: ['--expose-gc', '--require', join(ROOT, 'test/bench/collect-garbage.cjs')] };
}

/** Has it collect its garbage. @throws Error where its Node has not been told how */
export async function heldBy({ name, pid, log }: Served): Promise<Held> {
  const collections = () => readFileSync(log, 'utf8').match(/^collected .*$/gm) ?? [];
  const before = collections().length;
  process.kill(pid, 'SIGUSR2');
  const said = await eventually(`${name} has collected its garbage`, async () => collections()[before], COLLECTED_MS);
  const { heapKib, nurseryKib, timers } = JSON.parse(said.slice('collected '.length)) as Held;
  return { heapKib, nurseryKib, timers, residentKib: usageOf(pid).kib, descriptors: readdirSync(`/proc/${pid}/fd`).length };
}
