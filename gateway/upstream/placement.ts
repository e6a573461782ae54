import { endedBy } from '../../core/endings';
import { type ErrorName, FleetError } from '../../core/errors';
import { methodRule } from '../../core/methods';
import { upstreamText } from '../../core/reading/upstream-text';
import { DELIVERY_WINDOW_MS } from '../../ledger/protocol';
import type { Claimed, KnownSession } from '../call';
import { Departure } from '../departure';
import type { OpenRequest } from '../open-requests';
import type { Recovery } from '../recovery';
import type { Affinity } from './affinity';
import type { Restorations } from './restore';
import type { UpstreamRequest, UpstreamResponse, Upstreams } from './upstreams';

export interface PlacementParts {
  readonly upstreams: Upstreams;
  readonly affinity: Affinity;
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
 * Sends a request to the instance that has its session, or to any. What was refused before it was executed may go to
 * another instance, and a session that is gone is opened again where the server allows it. What may have been executed is
 * not sent again here.
 */
export async function place(call: Placeable, { upstreams, affinity, restorations }: PlacementParts): Promise<Placed> {
  const departure = cancelWhenGone(call);
  const { recovery } = call;
  let { session } = call;
  for (;;) {
    try {
      const response = await upstreams.send(requestOf(call, session), departure);
      if (call.bond !== undefined) affinity.noteAnswer(call.bond, response);
      return { response, ...(session !== undefined && { session }) };
    } catch (error) {
      if (!FleetError.is(error) || !PLACED_AGAIN.includes(error.kind)) throw error;
      if (error.detail.ending === 'rate_limited') throw error;
      recovery.note('sent', error.detail.reason);
      if (call.lane === 'open' && error.detail.sidecar === 'server_unavailable' && recovery.count > OPENING_ATTEMPTS) {
        throw recovery.spent(endedBy('not_opened', error.detail.reason));
      }
      if (error.kind === 'UNKNOWN_SESSION') {
        if (session === undefined || !restores(call) || !recovery.again()) throw error;
        session = await restorations.restore({ ...call, session, sessionId: call.sessionId as string });
      } else if (session === undefined && error.detail.sidecar !== undefined) {
        // Another instance may have room, or be up.
        if (!recovery.again()) throw recovery.spent(error);
      } else if (error.kind === 'AT_CAPACITY' || !(await recovery.pause())) {
        // Only the session's own instance will do, or there is none just now.
        throw recovery.spent(error);
      }
    }
  }
}

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
        deliverBy: (claim.sentAt ?? claim.claimedAt) + DELIVERY_WINDOW_MS,
      }),
    },
  };
}

/** Asks for the rest of a stream that the server ended early. */
export function resumption(call: Placeable, lastEventId: string): UpstreamRequest {
  const { body: _, context, ...request } = requestOf(call);
  // The request has been delivered in time; its answer may take longer.
  const { deliverBy: __, ...caller } = context;
  return { ...request, context: caller, method: 'GET', lastEventId };
}

/** Ending a session that is gone needs no other one. */
function restores({ serverConfig, lane }: Claimed): boolean {
  return serverConfig.onLoss === 'restart' && lane !== 'close';
}

/** Endings that a second attempt would only repeat: the server answered, and what it said is no answer. */
const FINAL_ENDINGS = ['no_response', 'cancelled', 'caller_left'];

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
