import { FleetError } from '../core/errors';
import { INSIST_HEADER, SESSION_HEADER, STICKINESS_COOKIE } from '../core/headers';
import type { Exchange } from './exchange';
import type { Limits } from './limits';
import type { Logger } from './log';
import type { Runtime } from './runtime';
import type { Sessions } from './sessions';
import type { Slot, Slots, SlotUse } from './slots';
import type { Standing } from './standing';

/** Decides what a request is to this instance: part of a session it holds, a new session, or a call without one. */
export class Admission {
  /** No new slots from now on. */
  draining = false;

  constructor(
    private readonly sessions: Sessions,
    private readonly slots: Slots,
    private readonly runtime: Runtime,
    private readonly standing: Standing,
    private readonly limits: Limits,
    private readonly log: Logger,
  ) {}

  admit(exchange: Exchange): void {
    const named = exchange.request.headers[SESSION_HEADER];
    try {
      if (typeof named === 'string') this.#continueSession(exchange, named);
      else this.#open(exchange);
    } catch (error) {
      if (!FleetError.is(error) || exchange.begun) throw error;
      exchange.refuseWith(error);
    }
  }

  /** The body of such a request is not read here, as long as the session stands: it is the agent's own, whatever it says. */
  #continueSession(exchange: Exchange, id: string): void {
    const session = this.sessions.find(id, exchange.context.agent);
    if (session === undefined || (session.ending && begins(exchange))) {
      exchange.refuse('unknown_session', 'this instance holds no such session of this agent');
      return;
    }
    this.sessions.use(session, exchange);
    if (exchange.request.method !== 'DELETE') this.runtime.continueSession(exchange, session);
    else this.sessions.endByAgent(session, this.limits.claimedWait, () => exchange.closed || exchange.empty(200));
  }

  #open(exchange: Exchange): void {
    const use = useOf(exchange);
    const slot = this.#takeSlot(exchange, use);
    if (slot === undefined) return;
    try {
      if (use === 'session') {
        this.runtime.openSession(exchange, slot);
      } else {
        exchange.onClosed(slot.release);
        this.runtime.answerOnce(exchange);
      }
    } catch (error) {
      slot.release();
      throw error;
    }
  }

  #takeSlot(exchange: Exchange, use: SlotUse): Slot | undefined {
    const { agent } = exchange.context;
    const reason = this.#refusal(exchange, use);
    const slot = reason === undefined ? this.slots.take(use, agent) : undefined;
    if (slot !== undefined) return slot;
    this.log.info({ agent, use, reason: reason ?? 'at_capacity', slotsInUse: this.slots.inUse }, 'refused');
    if (reason === undefined) exchange.refuse('at_capacity', `all ${this.slots.capacity} slots of this instance are in use`);
    else exchange.refuse(reason, REFUSALS[reason]);
    return undefined;
  }

  /** Why nothing new is taken at all. A call whose cookie leads here belongs here: its server keeps in memory what it is about. */
  #refusal({ request: { headers } }: Exchange, use: SlotUse): keyof typeof REFUSALS | undefined {
    if (this.draining) return 'draining';
    if (this.standing.outdatedAt === undefined || headers[INSIST_HEADER] !== undefined) return undefined;
    const belongsHere = use !== 'session' && headers.cookie?.includes(`${STICKINESS_COOKIE}=`);
    return belongsHere ? undefined : 'outdated';
  }
}

const REFUSALS = {
  draining: 'this instance is stopping',
  outdated: 'a deployment takes the place of this instance',
} as const;

/** Whether the request is the beginning of something, and not the agent's part in what runs already. */
function begins(exchange: Exchange): boolean {
  return exchange.request.method !== 'POST' || exchange.asks() !== undefined;
}

/** @throws FleetError when a POST holds no JSON-RPC message */
function useOf(exchange: Exchange): SlotUse {
  if (exchange.request.method === 'GET') return 'stream';
  if (exchange.request.method !== 'POST') return 'call';
  const asked = exchange.asks();
  if (asked?.method === 'subscriptions/listen') return 'stream';
  return asked?.method === 'initialize' && exchange.parse().era === 'legacy' ? 'session' : 'call';
}
