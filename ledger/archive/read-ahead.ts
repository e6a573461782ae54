/** Does the work for some items before it is asked for, and hands out its results in their order. */
export async function* readAhead<Item, Result>(
  items: Iterable<Item> | AsyncIterable<Item>,
  most: number,
  work: (item: Item) => Promise<Result>,
): AsyncGenerator<readonly [Item, Result]> {
  const open: (readonly [Item, Promise<Result>])[] = [];
  for await (const item of items) {
    const begun = work(item);
    // It is told to whoever comes to it; nobody may.
    begun.catch(() => undefined);
    open.push([item, begun]);
    const [first] = open.length < most ? [] : open.splice(0, 1);
    if (first !== undefined) yield [first[0], await first[1]];
  }
  for (const [item, begun] of open) yield [item, await begun];
}
