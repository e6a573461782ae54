import { endedBy } from '../../core/endings';
import { type ErrorName, FleetError } from '../../core/errors';
import { methodRule } from '../../core/methods';
import { upstreamText } from '../../core/reading/upstream-text';
import { DELIVERY_WINDOW_MS } from '../../ledger/protocol';
import type { LedgerRow } from '../../ledger/row';
import type { Claimed, KnownSession } from '../call';
import { hadNoSlot, opensNothing, type SeatedParts, sendTo } from '../capacity/seated';
import type { SeatPatience } from '../capacity/seats';
import { Departure } from '../departure';
import type { OpenRequest } from '../open-requests';
import type { Recovery } from '../recovery';
import type { Affinity } from './affinity';
import { FATAL_MS, FATAL_TRIES, type FatalOpenings } from './fatal-openings';
import type { Restorations } from './restore';
import { hadNoInstance } from './status';
import type { UpstreamRequest, UpstreamResponse } from './upstreams';

export interface PlacementParts extends SeatedParts {
  readonly affinity: Affinity;
  readonly fatalOpenings: FatalOpenings;
  readonly restorations: Restorations;
}

/** A request that may be sent, and what sending it again may cost. */
export type Placeable = Claimed & {
  readonly recovery: Recovery;
  /** The request as its server knows it. */
  readonly open?: OpenRequest;
  /** The id under which a server knows the request that a cancellation names. */
  readonly cancels?: number;
};

export interface Placed {
  readonly response: UpstreamResponse;
  /** Where the session is. */
  readonly session?: KnownSession;
}

/**
 * Sends a request to the instance that has its session, or to where its seat is. What was refused before it was executed may go to
 * another instance, and a session that is gone is opened again where the server allows it. What may have been executed is
 * not sent again here.
 * @param isKnownLost the session has been found to be gone
 */
export async function place(call: Placeable, parts: PlacementParts, isKnownLost = false): Promise<Placed> {
  const { upstreams, affinity, restorations, seats } = parts;
  const departure = cancelWhenGone(call);
  const { recovery } = call;
  let { session, seat } = call;
  // It was sent before, or has waited for another like it.
  if (seat?.over || (seat === undefined && wantsSeat(call))) seat = await seats.find(call, patienceOf(call, departure));
  let isLost = isKnownLost;
  const ended: (string | undefined)[] = [];
  for (;;) {
    try {
      if (isLost && session !== undefined) session = await restorations.restore({ ...call, session, sessionId: call.sessionId as string });
      isLost = false;
      const request = requestOf(call, session);
      const response = await (seat === undefined ? upstreams.send(request, departure) : sendTo(seat, request, parts, departure));
      if (call.bond !== undefined) affinity.noteAnswer(call.bond, response);
      return { response, ...(session !== undefined && { session }) };
    } catch (thrown) {
      const error = lostWithAll(thrown, call, session);
      if (!FleetError.is(error) || !PLACED_AGAIN.includes(error.kind)) throw error;
      if (error.detail.ending === 'rate_limited') throw error;
      if (seat?.instance !== undefined && hadNoSlot(error, call.serverConfig)) {
        // Another was there first, at another gateway.
        seat = await seats.findAgain(call, seat, patienceOf(call, departure));
        continue;
      }
      recovery.note('sent', error.detail.reason);
      if (call.lane === 'open' && opensNothing(error)) {
        if (error.detail.sidecar === 'server_ended') ended.push(error.detail.instance);
        if (ended.length >= FATAL_TRIES) throw recovery.spent(blame(call, ended, parts));
        if (recovery.count > OPENING_ATTEMPTS) throw recovery.spent(endedBy('not_opened', error.detail.reason));
      }
      if (error.kind === 'UNKNOWN_SESSION') {
        if (isLost || session === undefined || !restores(call) || !recovery.again()) throw error;
        isLost = true;
      } else if ((isLost || session === undefined) && error.detail.sidecar !== undefined) {
        // Another instance may have room, or be up.
        if (!recovery.again()) throw recovery.spent(error);
        if (seat !== undefined) seat = await seats.find(call, patienceOf(call, departure));
      } else if (error.kind === 'AT_CAPACITY' || !(await recovery.pause())) {
        // Only the session's own instance will do, or there is none just now.
        throw recovery.spent(error);
      }
    }
  }
}

/** Of a server that may have no instance: one that was not given a seat, since what it repeats was to answer it. */
function wantsSeat({ serverConfig, session, bond, lane }: Placeable): boolean {
  return serverConfig.scalesToZero === true && session === undefined && bond === undefined && lane === 'call';
}

/** Where a server has no instance at all, none holds the session; and its agent, or a restoration, waits for the next one. */
function lostWithAll(error: unknown, { serverConfig }: Placeable, session: KnownSession | undefined): unknown {
  if (session === undefined || !hadNoInstance(error, serverConfig)) return error;
  return endedBy('unknown_session', 'the server has no instance any more, and the session is gone with the last one');
}

/** Processes have ended upon it at one instance and then at another: the request is to blame, and they go on with those of others. */
function blame(call: Placeable, instances: readonly (string | undefined)[], { seats, fatalOpenings }: PlacementParts): FleetError {
  for (const id of instances) if (id !== undefined) seats.of(call.server).forgive(id);
  fatalOpenings.note(call);
  return endedBy('not_opened', `${instances.length} processes of the server ended upon this initialize`, { retryAfterMs: FATAL_MS });
}

/** A claimed call must be delivered in time, or not at all. */
function patienceOf({ claim }: Placeable, departure: Departure | undefined): SeatPatience {
  return {
    ...(claim !== undefined && { until: deliverByOf(claim) - SENDING_MS }),
    ...(departure !== undefined && { departure }),
  };
}

/** Longest time from a seat to the first byte, in milliseconds. */
const SENDING_MS = 2_000;

/** Instances at which a session is tried to be opened whose server does not start: another one may be up. */
const OPENING_ATTEMPTS = 2;

/** What was refused before it was executed. */
const PLACED_AGAIN: readonly ErrorName[] = ['UNKNOWN_SESSION', 'NOT_DELIVERED', 'AT_CAPACITY'];

/** A lost read may simply be asked again. */
export function adviseReader(error: unknown, { claim }: Claimed): unknown {
  if (!FleetError.is(error) || error.kind !== 'OUTCOME_UNKNOWN' || claim !== undefined) return error;
  return new FleetError(error.kind, { ...error.detail, retry: 'safe' });
}

function requestOf(call: Placeable, session = call.session): UpstreamRequest {
  const { exchange, server, serverConfig, agentId: agent, task, claim, message, text, bond, resumes, open, cancels } = call;
  const id = open?.awaited.upstreamId ?? cancels ?? 0;
  return {
    server,
    serverConfig,
    method: exchange.request.method as string,
    headers: exchange.request.headers,
    ...(message !== undefined && text !== undefined && { body: upstreamText(message, text, id) }),
    ...(resumes?.kind === 'server' && { lastEventId: resumes.id }),
    ...(session !== undefined && { session }),
    ...(bond !== undefined && { route: bond.cookie }),
    context: {
      agent,
      server,
      ...(task !== undefined && { task }),
      // A read's context names no call: it is the same for the next one, and signed once.
      ...(claim !== undefined && {
        callId: claim.callId,
        claimed: true,
        deliverBy: deliverByOf(claim),
      }),
    },
  };
}

function deliverByOf({ sentAt, claimedAt }: LedgerRow): number {
  return (sentAt ?? claimedAt) + DELIVERY_WINDOW_MS;
}

/** Asks for the rest of a stream that the server ended early. */
export function resumption(call: Placeable, lastEventId: string): UpstreamRequest {
  const { body: _, context, ...request } = requestOf(call);
  // The request has been delivered in time; its answer may take longer.
  const { deliverBy: __, ...caller } = context;
  return { ...request, context: caller, method: 'GET', lastEventId };
}

/** Whether an instance has said, when its answer was a stream already, that the session is lost, and it may be opened again for the call. */
export function lostLate(error: unknown, call: Placeable): boolean {
  const isLoss = FleetError.is(error) && error.kind === 'UNKNOWN_SESSION' && call.session !== undefined;
  return isLoss && restores(call) && !call.recovery.heard && call.recovery.again();
}

/** Ending a session that is gone needs no other one. */
function restores({ serverConfig, lane }: Claimed): boolean {
  return serverConfig.onLoss === 'restart' && lane !== 'close';
}

/** Endings that a second attempt would only repeat: the server answered, and what it said is no answer. */
const FINAL_ENDINGS = ['no_response', 'timeout', 'secret_told', 'cancelled', 'caller_left'];

/** What is known to change nothing may be said twice, as long as nobody has seen a part of the answer. */
export function repeatable({ claim, lane, toolCall, message, ...call }: Placeable, { detail }: FleetError): boolean {
  const { serverConfig, exchange, recovery } = call;
  if (claim !== undefined || recovery.heard || FINAL_ENDINGS.includes(detail.ending ?? '')) return false;
  if (lane === 'close') return true; // also for an agent that has left
  if (exchange.gone.over) return false;
  if (message === undefined || message.kind === 'response') return false;
  const effect = methodRule(message.method, message.era, serverConfig)?.effect;
  return effect === 'read' || effect === 'repeatable' || (effect === 'tool' && toolCall?.policy.effect === 'read_only');
}

/**
 * In the modern era a client that leaves has cancelled (MCP 2026-07-28, § Cancellation); in the legacy one it has not, but
 * a GET stream without a reader is of no use. A claimed call runs to its end in both, so that its outcome is known.
 */
function cancelWhenGone({ claim, lane, message, exchange, open }: Placeable): Departure | undefined {
  if (claim !== undefined || !(lane === 'stream' || message?.era === 'modern')) return open?.cancelled;
  return open === undefined ? exchange.gone : Departure.any(exchange.gone, open.cancelled);
}
