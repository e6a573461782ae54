/** How soon a sidecar tells of its slots, in milliseconds: where it decides whether anything can be begun there, and else. */
export const NEWS_SOON_MS = 20;
export const NEWS_LATER_MS = 200;

/** How often a gateway sees to it that it hears all instances, in milliseconds; while requests wait it looks for new ones as often. */
export const WATCH_MS = 200;
/** How often it looks for new ones while nobody waits, in milliseconds. */
export const LOOK_MS = 5_000;

const FIRST_LOOKS = 4;
const MOST_LOOKS = 20;

/**
 * Looks at once: without a cookie the balancer goes round, so that of many known instances one that is new is found in few turns.
 * Now one more and now one less: gateways that kept step would divide its round among them, and each meet the same instances for ever.
 * @param known instances
 * @param random from 0 to below 1
 */
export function looksAtOnce(known: number, random: () => number): number {
  if (known === 0) return FIRST_LOOKS;
  return 1 + Math.floor(random() * 2 * Math.min(Math.ceil(known / 4), MOST_LOOKS));
}
