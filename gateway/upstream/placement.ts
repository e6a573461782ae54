import { setTimeout as delay } from 'node:timers/promises';
import { FleetError } from '../../core/errors';
import { LAST_EVENT_ID_HEADER } from '../../core/headers';
import type { Claimed } from '../call';
import type { Gateway } from '../gateway';
import type { KnownSession } from './restore';
import type { UpstreamRequest, UpstreamResponse } from './upstreams';

/** How often one request is sent, all reasons together. */
const ATTEMPTS = 4;
/** Wait before the second attempt where an instance was lost, in milliseconds; doubled each time. */
const BACKOFF_MS = 150;

export interface Placed {
  readonly response: UpstreamResponse;
  /** Where the session is. */
  readonly session?: KnownSession;
}

/**
 * Sends a request to the instance that has its session, or to any. What was refused before it was executed may go to
 * another instance; a session that is gone is opened again where the server allows it; and what changes nothing is sent
 * again when it was lost. A claimed call that may have been executed is never sent again.
 */
export async function place(call: Claimed, gateway: Gateway): Promise<Placed> {
  const signal = cancelWhenGone(call);
  let { session } = call;
  for (let attempt = 1; ; attempt++) {
    try {
      const response = await gateway.upstreams.send(requestOf({ ...call, session }), signal);
      if (call.bond !== undefined) gateway.affinity.noteAnswer(call.bond, response, gateway);
      return { response, ...(session !== undefined && { session }) };
    } catch (error) {
      if (!FleetError.is(error) || attempt === ATTEMPTS) throw adviseReader(error, call);
      if (error.kind === 'UNKNOWN_SESSION' && session !== undefined && restores(call)) {
        session = await gateway.restorations.restore({ ...call, session, sessionId: call.sessionId as string }, gateway);
      } else if ((error.kind === 'OUTCOME_UNKNOWN' && repeatable(call)) || (error.kind === 'NOT_DELIVERED' && session !== undefined)) {
        await delay(BACKOFF_MS * 2 ** (attempt - 1));
      } else if (session !== undefined || (error.kind !== 'AT_CAPACITY' && error.kind !== 'NOT_DELIVERED')) {
        throw adviseReader(error, call);
      }
    }
  }
}

/** A lost read may simply be asked again. */
export function adviseReader(error: unknown, { claim }: Claimed): unknown {
  if (!FleetError.is(error) || error.kind !== 'OUTCOME_UNKNOWN' || claim !== undefined) return error;
  return new FleetError(error.kind, { ...error.detail, retry: 'safe' });
}

function requestOf({
  exchange,
  server,
  serverConfig,
  agentId: agent,
  task,
  toolCall,
  claim,
  body,
  session,
  bond,
}: Claimed): UpstreamRequest {
  return {
    server,
    serverConfig,
    method: exchange.request.method as string,
    headers: exchange.request.headers,
    ...(body !== undefined && { body }),
    ...(session !== undefined && { session }),
    ...(bond !== undefined && { route: bond.cookie }),
    context: {
      agent,
      server,
      ...(task !== undefined && { task }),
      ...(toolCall !== undefined && { callId: toolCall.callId }),
      ...(claim !== undefined && { claimed: true }),
    },
  };
}

/** Asks for the rest of a stream that the server ended early. */
export function resumption(call: Claimed, lastEventId: string): UpstreamRequest {
  const { body: _, ...request } = requestOf(call);
  const { 'content-type': __, ...headers } = request.headers;
  return { ...request, method: 'GET', headers: { ...headers, accept: 'text/event-stream', [LAST_EVENT_ID_HEADER]: lastEventId } };
}

/** Ending a session that is gone needs no other one. */
function restores({ serverConfig, lane }: Claimed): boolean {
  return serverConfig.onLoss === 'restart' && lane !== 'close';
}

/** Reads, lists, notifications and the like may be said twice, as long as nobody has seen a part of the answer. */
function repeatable({ claim, message, exchange }: Claimed): boolean {
  return claim === undefined && message !== undefined && message.kind !== 'response' && !exchange.reply.streaming && !exchange.gone.aborted;
}

/**
 * In the modern era a client that leaves has cancelled (MCP 2026-07-28, § Cancellation); in the legacy one it has not, but
 * a GET stream without a reader is of no use. A claimed call runs to its end in both, so that its outcome is known.
 */
function cancelWhenGone({ claim, lane, message, exchange }: Claimed): AbortSignal | undefined {
  if (claim !== undefined) return undefined;
  return lane === 'stream' || message?.era === 'modern' ? exchange.gone : undefined;
}
