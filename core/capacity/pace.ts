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
 * @param known instances
 */
export function looksAtOnce(known: number): number {
  return known === 0 ? FIRST_LOOKS : Math.min(Math.ceil(known / 4), MOST_LOOKS);
}
