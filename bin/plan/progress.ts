import { printable } from '../terminal';
import type { OnProgress } from './plan-server';

/** Nobody needs to be told of what takes less, and of the rest more often than this, in milliseconds. */
const QUIET = 2_000;

/** Tells on stderr how far a plan is, where it takes long. */
export function progressTeller(): OnProgress {
  let toldAt = performance.now();
  return (what, share) => {
    if (performance.now() - toldAt < QUIET) return;
    toldAt = performance.now();
    process.stderr.write(`${printable(`  … ${what}: ${Math.floor(100 * share)} %`)}\n`);
  };
}
