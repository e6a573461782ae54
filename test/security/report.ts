import type { Mutated } from './mutations/remove-guards';
import type { Options } from './options';
import type { Seen } from './security';

/** One guard that was removed. */
export function describeMutated({ threat, file, program, found, failed, played, trouble }: Mutated): string {
  const where = `${threat}: without its guard in ${file} (${program})`;
  if (trouble !== undefined) return `✘ ${where}: ${trouble}`;
  return found ? `✔ ${where} ${failed} of ${played} attacks come through` : `✘ ${where} every attack is still refused`;
}

export function factsOf({ leaks, through, leaked, mutated, tally, planted }: Seen, { seed }: Options): readonly string[] {
  const unnoticed = mutated.filter(({ found }) => !found).length;
  const unfound = Object.values(planted).filter((found) => found === undefined).length;
  return [
    `seed ${seed}`,
    ...(leaks.length > 0 ? [`${leaks.length} secrets in logs`] : []),
    `${mutated.length - unnoticed} of ${mutated.length} removed guards noticed`,
    ...(tally === undefined
      ? []
      : [
          `${tally.bypasses.length} bypasses in ${tally.messages} messages, ${tally.admitted} admitted, read by ${tally.parsers.length} parsers`,
        ]),
    ...(through === undefined ? [] : [`${through.bypasses.length} bypasses in ${through.messages} calls, ${through.executed} executed`]),
    ...(leaked === undefined ? [] : [`${leaked.found.length} secrets told in ${leaked.calls} tries`]),
    ...(tally === undefined ? [] : [`${Object.keys(planted).length - unfound} of ${Object.keys(planted).length} broken readers found`]),
  ];
}
