/** Runs `work` on each item, at most `atOnce` at a time, and keeps the order. */
export async function inTurns<T, R>(items: readonly T[], atOnce: number, work: (item: T, index: number) => Promise<R>): Promise<R[]> {
  const results: R[] = new Array(items.length);
  let next = 0;
  async function worker(): Promise<void> {
    while (next < items.length) {
      const index = next++;
      results[index] = await work(items[index] as T, index);
    }
  }
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, worker));
  return results;
}

/** Polls until `probe` gives something; undefined when it has not within the limit. */
export async function eventually<T>(probe: () => Promise<T | undefined> | T | undefined, limitMs: number): Promise<T | undefined> {
  const deadline = Date.now() + limitMs;
  for (;;) {
    const seen = await probe();
    if (seen !== undefined || Date.now() > deadline) return seen;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Makes something once for each fleet: several checks look at it. */
export function oncePer<Key extends object, T>(make: (key: Key) => Promise<T>): (key: Key) => Promise<T> {
  const made = new WeakMap<Key, Promise<T>>();
  return (key) => {
    const standing = made.get(key) ?? make(key);
    made.set(key, standing);
    return standing;
  };
}
