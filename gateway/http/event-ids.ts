import { type AwaitedRequest, type CallEvent, sealEvent } from '../../core/sealed-event';
import type { Identified } from '../call';
import type { SealKeys } from '../identity/seal-keys';

export interface EventIdParts {
  readonly sealKeys: SealKeys;
}

type Bound = Pick<Identified, 'agentId' | 'server' | 'sessionId'>;

/** The id of an event of the server's; every id that leaves is ours, and says by what a response behind it is judged. */
export function sealServerEvent(id: string, request: AwaitedRequest | undefined, to: Bound, parts: EventIdParts): string | undefined {
  return sealEvent({ kind: 'server', id, ...(request !== undefined && { request }) }, bindingOf(to), parts.sealKeys.all[0]);
}

/** The ids of a stream that waits for a call: of the event that primes it, and of the answer. */
export function sealCallEvents(
  event: Omit<CallEvent, 'kind'>,
  to: Bound,
  { sealKeys }: EventIdParts,
): { first: string; last: string } | undefined {
  const [key] = sealKeys.all;
  const first = sealEvent({ ...event, kind: 'call' }, bindingOf(to), key);
  const last = sealEvent({ ...event, kind: 'call', told: true }, bindingOf(to), key);
  return first === undefined || last === undefined ? undefined : { first, last };
}

function bindingOf({ agentId: agent, server, sessionId }: Bound): { agent: string; server: string; session?: string } {
  return { agent, server, ...(sessionId !== undefined && { session: sessionId }) };
}
