/**
 * A pure function that remembers what it gave for the texts of late; where there are too many, the oldest give way.
 * @param limit texts that are remembered
 */
export function remembered<T>(limit: number, make: (text: string) => T): (text: string) => T {
  const known = new Map<string, T>();
  return (text) => {
    const hit = known.get(text);
    if (hit !== undefined) return hit;
    const made = make(text);
    if (known.size >= limit) known.delete(known.keys().next().value as string);
    known.set(text, made);
    return made;
  };
}
