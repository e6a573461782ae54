import { join } from 'node:path';
import { ROOT } from '../../suites/root';
import type { Verdict } from '../../suites/suite';
import type { Node } from '../node';
import { openStage, type StageParts } from '../stage';
import { variantsOf } from '../variants';
import { type Held, hold, readLimits, writeLimits } from './limits';
import { measure, NODE_FLAGS } from './measure';

/** Holds what can be counted, on whatever machine, against what it may be. @param write sets the limits to what was measured */
export async function runGuard(node: Node, write: boolean, parts: StageParts): Promise<Verdict> {
  const dist = join(ROOT, 'dist');
  const variants = variantsOf(['sidecar', 'gateway'], [node], [{ name: '', dist }]);
  const stage = await openStage(
    'instant',
    variants.map((variant) => ({ ...variant, nodeFlags: NODE_FLAGS })),
    parts,
  );
  try {
    const measured = await measure(stage, dist);
    const limits = readLimits();
    if (write) writeLimits({ ...limits, measured });
    const held = hold(measured, write ? { ...limits, measured } : limits);
    for (const one of held) parts.say(lineOf(one));
    const failed = held.filter(({ fits }) => !fits);
    return {
      passed: failed.length === 0,
      counts: { passed: held.length - failed.length, failed: failed.length },
      facts: failed.map(({ what, value, limit }) => `${what} ${value} > ${limit.toFixed(1)}`),
      document: { measured, held },
    };
  } finally {
    await stage.stop();
  }
}

function lineOf({ what, value, limit, fits, loose }: Held): string {
  const said = fits ? (loose ? '  below its limit by more than its margin: set it anew with --guard --write' : '') : '  TOO MUCH';
  return `  ${what.padEnd(28)}${String(value).padStart(8)}  of ${limit.toFixed(1).padStart(8)}${said}`;
}
