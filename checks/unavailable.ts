import type { Reply } from './agent-client';

/** Words of the fleet for a server that did not take a request, though nothing of the fleet is wrong. */
const NO_ROOM = ['AT_CAPACITY'];
const NOT_THERE = ['AT_CAPACITY', 'NOT_DELIVERED', 'OUTCOME_UNKNOWN'];

/**
 * Whether a server had no room, or, where it runs outside the fleet, was not reached.
 * @param remote whether it does
 */
export function isUnavailable(reply: Reply, remote: boolean): boolean {
  const words = remote ? NOT_THERE : NO_ROOM;
  if (reply.kind === 'result') return false;
  if (reply.kind === 'error') return words.includes(reply.data.error ?? '');
  // SDKs make an exception of the status and keep the body in its message.
  if (reply.kind === 'http') return words.some((word) => reply.message.includes(word)) || (remote && reply.status >= 500);
  return remote;
}
