/** The next number of a sequence, in [0, 1). */
export type Random = () => number;

/** A sequence that is the same for the same seed, whatever else happens: FNV-1a over the seed, then mulberry32. */
export function randomOf(seed: string): Random {
  let state = 0x811c9dc5;
  for (let i = 0; i < seed.length; i++) state = Math.imul(state ^ seed.charCodeAt(i), 0x01000193);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A whole number from `low` up to, not including, `high`. */
export function between(random: Random, low: number, high: number): number {
  return low + Math.floor(random() * (high - low));
}

/** One of several, as often as its weight says. */
export function byWeight<T extends { readonly weight: number }>(random: Random, choices: readonly T[]): T {
  let rest = random() * choices.reduce((sum, { weight }) => sum + weight, 0);
  const chosen = choices.find(({ weight }) => {
    rest -= weight;
    return rest < 0;
  });
  return chosen ?? (choices.at(-1) as T);
}
