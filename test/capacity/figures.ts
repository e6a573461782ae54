/** Jain's index of fairness: 1 where all have the same, 1/n where one has all (Jain, Chiu, Hawe 1984); 0 where nobody has anything. */
export function jainIndex(shares: readonly number[]): number {
  const sum = shares.reduce((all, one) => all + one, 0);
  const squares = shares.reduce((all, one) => all + one * one, 0);
  return squares === 0 ? 0 : (sum * sum) / (shares.length * squares);
}

/** @param share from 0 to 1 */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(Math.floor(share * sorted.length), sorted.length - 1)] ?? 0;
}

/** How far the furthest lies from the mean, as a share of it. */
export function furthest(values: readonly number[]): { readonly mean: number; readonly by: number } {
  const mean = values.reduce((all, one) => all + one, 0) / values.length;
  return { mean, by: Math.max(...values.map((value) => Math.abs(value - mean))) };
}
