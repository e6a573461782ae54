import { weightOf } from '../core/agent-terms';
import { FairRoom } from '../core/capacity/fair-room';
import { FleetError } from '../core/errors';
import type { Authorized } from './call';
import { Departure } from './departure';
import { listens } from './stream-end';

export interface AdmitParts {
  readonly admission: Admission;
}

/** Most requests to one server that a replica has under way; what is above would only wait in memory. */
export const IN_FLIGHT_LIMIT = 2_000;
/** Most streams to one server that stay open for as long as their agents listen: each holds two connections, and some 35 KiB. */
export const STREAM_LIMIT = 4_000;

/** Most streams of one session that stay open: clients have one, and another while they resume. */
export const SESSION_STREAM_LIMIT = 32;

const RETRY_AFTER_MS = 1_000;

/** Requests of one kind to one server. */
class Room {
  private readonly places: FairRoom<Authorized>;

  constructor(private readonly limit: number) {
    this.places = new FairRoom(limit);
  }

  get requests(): ReadonlySet<Authorized> {
    return this.places.taken;
  }

  /** @returns what is full, in words; undefined when it has entered */
  enter(request: Authorized, what: string): string | undefined {
    const { server, agentId: agent, sessionId, decision } = request;
    const own = this.places.of(agent);
    if (what === 'streams' && sessionId !== undefined && countOf(own, sessionId) >= SESSION_STREAM_LIMIT)
      return `${SESSION_STREAM_LIMIT} streams of this session are open`;
    const obstacle = this.places.enter(request, { agent, weight: weightOf(decision.terms) });
    if (obstacle === 'full') return `${this.limit} ${what} to "${server}" are under way`;
    if (obstacle === 'share') return `${own.size} ${what} of this agent to "${server}" are under way, its share of ${this.limit}`;
    const { gone, served } = request.exchange;
    // Who leaves while a claimed call of his runs has it under way all the same.
    Departure.all(gone, served).whenOver(() => this.places.leave(request, agent));
    return undefined;
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

/** Lets a request in, or says when to come again. */
export function admit(authorized: Authorized, { admission }: AdmitParts): Authorized {
  const reason = admission.enter(authorized);
  if (reason === undefined) return authorized;
  throw new FleetError('AT_CAPACITY', { reason, retryAfterMs: RETRY_AFTER_MS });
}
