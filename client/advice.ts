import { type Ask, isRepeatable } from './ask';
import type { Seen } from './attempt';
import { fleetError } from './fleet-error';

/**
 * What to do about an outcome of an attempt. `doubt`: the call may have been executed, and whether its endpoint honours
 * keys is not known yet.
 */
export type Advice = 'pass' | 'again' | 'reopen' | 'with_key' | 'doubt';

/** Statuses by which a balancer or a proxy says that another attempt may do better. */
const PASSING_STATUSES = [429, 502, 503, 504];

/** Reads the advice: `error.data.retry` where a gateway gives it, else the status. */
export function advise(seen: Seen, ask: Ask): Advice {
  if (seen.kind === 'lost') return unlessExecuted(ask);
  const error = seen.kind === 'answer' ? fleetError(seen.message) : undefined;
  switch (error?.retry) {
    case 'safe':
    case 'later':
      return 'again';
    case 'same_key':
      return ask.call === undefined || ask.call.key !== undefined ? 'again' : 'pass';
    case 'with_key':
      return ask.call !== undefined && ask.call.key === undefined ? 'with_key' : 'pass';
    case 'reinitialize':
      return reopen(ask);
    case 'never':
    case 'fix_request':
      return 'pass';
  }
  if (seen.head.status === 404) return reopen(ask);
  return PASSING_STATUSES.includes(seen.head.status) ? unlessExecuted(ask) : 'pass';
}

/** How long the other side wants to be left alone, in milliseconds. */
export function waitAdvised(seen: Seen, now: number): number {
  if (seen.kind === 'lost') return 0;
  const error = seen.kind === 'answer' ? fleetError(seen.message) : undefined;
  if (error?.retryAfterMs !== undefined) return error.retryAfterMs;
  const header = seen.head.headers.get('retry-after');
  if (header === null) return 0;
  const ms = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - now; // RFC 9110 §10.2.3
  return Number.isFinite(ms) ? Math.max(0, ms) : 0;
}

function unlessExecuted(ask: Ask): Advice {
  if (isRepeatable(ask)) return 'again';
  return ask.call === undefined ? 'pass' : 'doubt';
}

/** Ending a session that is gone needs no other one. */
function reopen({ session, init }: Ask): Advice {
  return session !== undefined && init.method !== 'DELETE' ? 'reopen' : 'pass';
}
