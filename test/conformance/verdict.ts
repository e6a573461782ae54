import type { Stage } from '../suites/suite';
import { losses } from './comparison';
import type { Legs } from './legs';
import { failureLines, lossLine } from './report';
import { REQUIREMENT_SETS, type SetName } from './requirement-sets';
import { allPassed, requiredPassed, type SetResults } from './results';

/** Whether every set passes and no process has died. */
export function verdict(sets: readonly SetName[], { direct, fleet }: Legs, say: Stage['say']): boolean {
  const passed = sets.filter((set) => judge(set, direct?.results[set], fleet?.results[set], say));
  const died = [direct, fleet].flatMap((leg) => leg?.died ?? []);
  return passed.length === sets.length && died.length === 0;
}

/**
 * Directly, what the set requires must pass; through the fleet, what passes directly. A set that is there for what the
 * fleet adds must fail directly and pass through it. A leg that runs alone is judged by what its set requires.
 */
function judge(set: SetName, direct: SetResults | undefined, fleet: SetResults | undefined, say: Stage['say']): boolean {
  if (REQUIREMENT_SETS[set].gains) {
    if (fleet) failureLines(set, fleet).forEach(say);
    return (!direct || !allPassed(direct)) && (!fleet || allPassed(fleet));
  }
  if (direct && fleet) {
    const lost = losses(direct, fleet);
    for (const loss of lost) say(lossLine(set, loss));
    return requiredPassed(direct) && lost.every(({ allowed }) => allowed);
  }
  const alone = direct ?? fleet;
  if (!alone) return false;
  failureLines(set, alone).forEach(say);
  return requiredPassed(alone);
}
