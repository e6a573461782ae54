import type { Seat } from '../core/capacity/server-capacity';
import { FleetError } from '../core/errors';
import type { Ledger } from '../ledger/ledger';
import { ledgerKey } from '../ledger/row';
import type { Authorized, Lane, Routed } from './call';
import type { Seats } from './capacity/seats';
import { tellOfWait } from './capacity/wait-progress';
import type { SealedIds } from './identity/sealed-ids';
import type { FanOut } from './ledger/fan-out';
import type { Fences } from './ledger/fences';
import type { Affinity } from './upstream/affinity';
import type { FatalOpenings } from './upstream/fatal-openings';
import type { Restorations } from './upstream/restore';

export interface RouteParts {
  readonly affinity: Affinity;
  readonly fatalOpenings: Pick<FatalOpenings, 'refuse'>;
  readonly restorations: Restorations;
  readonly sealedIds: SealedIds;
  readonly seats: Seats;
  readonly fanOut: FanOut;
  readonly ledger: Pick<Ledger, 'read'>;
  readonly fences: Pick<Fences, 'read'>;
}

/**
 * Says where a request goes: to the instance of its session, to that of its agent or task where the server wants it so,
 * or to one that has a slot for it, for which it may have to wait; a question to the ledger goes to none. A tampered, foreign or expired
 * session id is an unknown session, which tells its bearer nothing.
 */
export async function route(authorized: Authorized, parts: RouteParts): Promise<Routed> {
  const { affinity, restorations, sealedIds } = parts;
  const { sessionId, agentId, server, lane, message } = authorized;
  if (message?.era === 'modern') {
    const bond = lane === 'ask' ? undefined : await affinity.bondOf(authorized);
    return bond === undefined ? seated(authorized, parts) : { ...authorized, bond };
  }
  if (sessionId === undefined) return seated(authorized, parts);
  if (lane === 'open') throw new FleetError('INVALID_REQUEST', { reason: 'initialize must not carry Mcp-Session-Id' });
  const session = sealedIds.open(sessionId, { agent: agentId, server });
  if (session === undefined)
    throw new FleetError('UNKNOWN_SESSION', { reason: 'the id is not one that this agent holds on this server; initialize again' });
  return { ...authorized, session: restorations.current(sessionId, session) };
}

/** Lanes whose requests take a slot of their own where they belong to no session. */
const SEATED: readonly Lane[] = ['open', 'call', 'list', 'relay'];

async function seated(call: Authorized, parts: RouteParts): Promise<Routed> {
  const { server, serverConfig, lane, exchange, agentId: agent, task, decision } = call;
  if (lane === 'open') parts.fatalOpenings.refuse(call);
  if (lane === 'open') await parts.fanOut.refuseFull({ agent, ...(task !== undefined && { task }) }, decision.terms);
  if (!SEATED.includes(lane) || serverConfig.remoteUrl !== undefined) return call;
  const { seats } = parts;
  if (seats.of(server).isFull && (await repeats(call, parts))) return call;
  const found = seats.find(call, { departure: exchange.gone });
  const seat = found instanceof Promise ? await waitFor(found, call) : found;
  exchange.gone.whenOver(() => seat.settle());
  return { ...call, seat };
}

/** Whether it repeats a call that stands in the ledger: then it waits for that call, and not for a slot as well. */
async function repeats({ toolCall, server, agentId, task }: Authorized, { ledger, fences }: RouteParts): Promise<boolean> {
  if (toolCall === undefined || toolCall.policy.effect === 'read_only') return false;
  const { idempotencyKey, digest } = toolCall;
  if (idempotencyKey !== undefined) return (await ledger.read(ledgerKey(server, agentId, `k:${idempotencyKey}`))) !== undefined;
  const { entries } = await fences.read({ server, agent: agentId, argumentsDigest: digest.digest, ...(task !== undefined && { task }) });
  return entries.some(({ unresolved }) => unresolved);
}

async function waitFor(seat: Promise<Seat>, call: Authorized): Promise<Seat> {
  const end = tellOfWait(call);
  try {
    return await seat;
  } finally {
    end();
  }
}
