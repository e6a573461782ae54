import type { ToolConfig } from './fleet-config';
import { KEY_META } from './meta';

/** Longest idempotency key, in bytes of UTF-8. */
export const KEY_LIMIT_BYTES = 255;

/** Whether a text can be an idempotency key, or the id of a call. */
export function isKey(key: unknown): key is string {
  return typeof key === 'string' && key !== '' && key.isWellFormed() && Buffer.byteLength(key) <= KEY_LIMIT_BYTES;
}

/** Member of a listed tool's `_meta` that says which idempotency key its calls need. A tool without it only reads. */
export const DEMAND_META = 'cdk-mcp-fleet/idempotency';

/** What a state-changing tool demands, for a program that is about to call it. */
export interface KeyDemand {
  /** `required`: a call without a key is refused. `fenced`: it runs, or is answered by an identical one that never reached its caller. */
  readonly key: ToolConfig['key'];
  /** Where the key may stand; any one place will do, and all that are used must agree. */
  readonly in: {
    /** Name of the member of `params._meta`. */
    readonly meta: string;
    /** Name of the HTTP header. */
    readonly header: string;
    /** Name of the tool's argument, where the operator has declared one. */
    readonly argument?: string;
  };
}

/** Undefined for a tool that only reads. */
export function demandOf({ effect, key, keyArgument }: ToolConfig): KeyDemand | undefined {
  if (effect === 'read_only') return undefined;
  return { key, in: { meta: KEY_META, header: 'Idempotency-Key', ...(keyArgument !== undefined && { argument: keyArgument }) } };
}
