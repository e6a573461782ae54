import { DOOR_LIMITS } from './door-limits';
import type { RequestLimitsConfig } from './fleet-config';
import { type JsonBounds, REQUEST_BOUNDS } from './reading/json-scan';

/** Largest request body, in bytes: what SDK servers accept too. */
export const BODY_LIMIT_BYTES = 4 * 1024 * 1024;

/** Between what and what an operator may set each; the most is the default. */
export const REQUEST_LIMIT_RANGES = {
  bodyBytes: [1024, BODY_LIMIT_BYTES],
  depth: [8, REQUEST_BOUNDS.depth],
  values: [100, REQUEST_BOUNDS.values],
  headSeconds: [1, DOOR_LIMITS.headersTimeout / 1_000],
  requestSeconds: [1, DOOR_LIMITS.requestTimeout / 1_000],
} as const satisfies { readonly [limit in keyof RequestLimitsConfig]-?: readonly [least: number, most: number] };

/** Bounds of the text of a message. */
export function requestBounds(limits: RequestLimitsConfig | undefined): JsonBounds {
  if (limits === undefined) return REQUEST_BOUNDS;
  const { depth = REQUEST_BOUNDS.depth, values = REQUEST_BOUNDS.values } = limits;
  return { ...REQUEST_BOUNDS, depth, values };
}

/** Options of the HTTP server at the door. */
export function doorLimits({ headSeconds, requestSeconds }: RequestLimitsConfig = {}) {
  const { headersTimeout, requestTimeout } = DOOR_LIMITS;
  return {
    ...DOOR_LIMITS,
    headersTimeout: headSeconds === undefined ? headersTimeout : headSeconds * 1_000,
    requestTimeout: requestSeconds === undefined ? requestTimeout : requestSeconds * 1_000,
  };
}
