import { isDeepStrictEqual } from 'node:util';
import type { Templates } from './services';
import type { ResourceCounts } from './watch-events';

/** How many resources differ; undefined where nothing at all does. Stacks that only the first has are removed. */
export function differenceBetween(before: Templates, after: Templates): ResourceCounts | undefined {
  if (isDeepStrictEqual(before, after)) return undefined;
  const had = resourcesOf(before);
  const has = resourcesOf(after);
  return {
    made: [...has.keys()].filter((key) => !had.has(key)).length,
    changed: [...has].filter(([key, resource]) => had.has(key) && !isDeepStrictEqual(resource, had.get(key))).length,
    removed: [...had.keys()].filter((key) => !has.has(key)).length,
  };
}

function resourcesOf(templates: Templates): ReadonlyMap<string, unknown> {
  return new Map(
    Object.entries(templates).flatMap(([stack, { Resources }]) =>
      Object.entries(Resources).map(([logicalId, resource]) => [`${stack}/${logicalId}`, resource] as const),
    ),
  );
}
