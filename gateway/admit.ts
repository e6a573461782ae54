import { FleetError } from '../core/errors';
import type { Authorized } from './call';

export interface AdmitParts {
  readonly admission: Admission;
}

/** Most requests to one server that a replica has under way; what is above would only wait in memory. */
export const IN_FLIGHT_LIMIT = 2_000;
/** Most streams to one server that stay open for as long as their agents listen: each holds two connections, and some 35 KiB. */
export const STREAM_LIMIT = 4_000;

/**
 * What an agent may have under way for each place that is still free (dynamic thresholds, Choudhury and Hahne 1998): alone, four fifths of
 * all; and whoever comes next finds room, however many places others hold.
 */
const SHARE_OF_FREE = 4;
/** Most streams of one session that stay open: clients have one, and another while they resume. */
export const SESSION_STREAM_LIMIT = 32;

const RETRY_AFTER_MS = 1_000;

/** Requests of one kind to one server, and whose they are: sets of what is open, so that no exit can leave a count behind. */
class Room {
  readonly requests = new Set<Authorized>();
  private readonly byAgent = new Map<string, Set<Authorized>>();

  constructor(private readonly limit: number) {}

  /** @returns what is full, in words; undefined when it has entered */
  enter(request: Authorized, what: string): string | undefined {
    const { server, agentId, sessionId } = request;
    const own = this.byAgent.get(agentId) ?? new Set();
    const free = this.limit - this.requests.size;
    if (free <= 0) return `${this.limit} ${what} to "${server}" are under way`;
    if (own.size >= SHARE_OF_FREE * free)
      return `${own.size} ${what} of this agent to "${server}" are under way, its share of ${this.limit}`;
    if (what === 'streams' && sessionId !== undefined && countOf(own, sessionId) >= SESSION_STREAM_LIMIT)
      return `${SESSION_STREAM_LIMIT} streams of this session are open`;
    this.byAgent.set(agentId, own.add(request));
    this.requests.add(request);
    request.exchange.gone.whenOver(() => this.leave(request, own));
    return undefined;
  }

  private leave(request: Authorized, own: Set<Authorized>): void {
    this.requests.delete(request);
    own.delete(request);
    if (own.size === 0) this.byAgent.delete(request.agentId);
  }
}

function countOf(requests: Iterable<Authorized>, session: string): number {
  let count = 0;
  for (const { sessionId } of requests) if (sessionId === session) count++;
  return count;
}

/** What a replica has under way, by server. Who only listens takes no call's place, and no agent takes another's. */
export class Admission {
  private readonly calls = new Map<string, Room>();
  private readonly streams = new Map<string, Room>();

  /** @returns what is full, in words; undefined when it has entered */
  enter(request: Authorized): string | undefined {
    const [rooms, limit, what] = listens(request)
      ? ([this.streams, STREAM_LIMIT, 'streams'] as const)
      : ([this.calls, IN_FLIGHT_LIMIT, 'requests'] as const);
    const room = rooms.get(request.server) ?? new Room(limit);
    rooms.set(request.server, room);
    return room.enter(request, what);
  }

  /** Requests under way, of all servers. */
  get underWay(): readonly Authorized[] {
    return [...this.calls.values(), ...this.streams.values()].flatMap(({ requests }) => [...requests]);
  }
}

/** Whether a request is a stream of the server's own, which ends when its agent leaves. */
function listens({ lane, message }: Pick<Authorized, 'lane' | 'message'>): boolean {
  return lane === 'stream' || (message?.kind === 'request' && message.method === 'subscriptions/listen');
}

/** Lets a request in, or says when to come again. */
export function admit(authorized: Authorized, { admission }: AdmitParts): Authorized {
  const reason = admission.enter(authorized);
  if (reason === undefined) return authorized;
  throw new FleetError('AT_CAPACITY', { reason, retryAfterMs: RETRY_AFTER_MS });
}
