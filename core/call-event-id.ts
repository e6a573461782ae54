import type { RequestId } from './message';
import type { Json } from './strict-json';

/** What our event ids begin with; every other id is a server's own. */
const PREFIX = 'mcpfleet.';

/** Names the answer to one call, for an agent that lost its stream before the answer came. */
export interface CallEvent {
  /** Last part of the row's key: `k:` and the caller's key, or `c:` and the call id. */
  readonly row: string;
  /** Id of the JSON-RPC request that awaits the answer. */
  readonly requestId: RequestId;
  /** The id stands on the answer itself: who comes back with it has had it. */
  readonly told?: true;
}

/**
 * The SSE event id that primes the stream of a state-changing call. It says where in the ledger the answer will be, and
 * needs no seal: the row's key begins with the agent who asks, so nobody reaches another agent's row with it.
 */
export function callEventId({ row, requestId, told }: CallEvent): string {
  return PREFIX + Buffer.from(JSON.stringify([row, requestId, ...(told === true ? [1] : [])])).toString('base64url');
}

/** What an event id of ours names; undefined for an id of a server's, or one that was altered. */
export function parseCallEventId(id: string): CallEvent | undefined {
  if (!id.startsWith(PREFIX)) return undefined;
  let value: Json;
  try {
    value = JSON.parse(Buffer.from(id.slice(PREFIX.length), 'base64url').toString()) as Json;
  } catch {
    return undefined;
  }
  if (!Array.isArray(value) || value.length < 2 || value.length > 3) return undefined;
  const [row, requestId, told] = value;
  if (typeof row !== 'string' || !/^[kc]:/.test(row) || (typeof requestId !== 'string' && !Number.isInteger(requestId))) return undefined;
  return { row, requestId: requestId as RequestId, ...(told === 1 && { told: true }) };
}
