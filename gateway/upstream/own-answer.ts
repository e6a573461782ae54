import { DEFAULT_QUEUE, type ServerConfig } from '../../core/fleet-config';
import type { JsonObject } from '../../core/message';
import type { Response } from '../../core/response';
import { freshUpstreamId } from '../../core/upstream-id';
import { Departure } from '../departure';
import type { Held } from '../holdings';
import { readAnswer } from './answer';
import type { UpstreamResponse } from './upstreams';

/** Largest answer to a request of the gateway's own, in bytes. */
const OWN_ANSWER_LIMIT_BYTES = 8 * 1024 * 1024;

/** How long a request of the gateway's own may take, its answer included, in milliseconds; and one that calls a tool. */
const PATIENCE_MS = 20_000;
const TOOL_PATIENCE_MS = 60_000;

/** Ends a request of the gateway's own that its server does not. @param method of the message, or of HTTP for a request without one */
export function ownPatience(method: string): Departure {
  return Departure.after(patienceMs(method));
}

/** The same for one that needs a slot: a server that may have no instance is given the time to start one, too. */
export function seatedPatience(method: string, { scalesToZero, queue = DEFAULT_QUEUE }: ServerConfig): Departure {
  return Departure.after(patienceMs(method) + (scalesToZero ? queue.seconds * 1_000 : 0));
}

function patienceMs(method: string): number {
  return method === 'tools/call' ? TOOL_PATIENCE_MS : PATIENCE_MS;
}

/** A request of the gateway's own, in JSON-RPC; no agent ever sees its answer. */
export interface OwnMessage {
  readonly id: number;
  /** The message as it is sent. */
  readonly text: string;
  readonly method: string;
}

export function ownMessage(method: string, params: unknown): OwnMessage {
  const id = freshUpstreamId();
  return { id, text: JSON.stringify({ jsonrpc: '2.0', id, method, params }), method };
}

/** @throws FleetError OUTCOME_UNKNOWN when no response comes, or more than such an answer may be */
export function readOwnAnswer(response: UpstreamResponse, { id, method }: OwnMessage): Promise<Response> {
  return readAnswer(response, { held: boundedHold(), awaited: { method, requestId: String(id), upstreamId: id } });
}

/** The result; empty where the server answered with an error. */
export function resultIn({ member, payload }: Response): JsonObject {
  return member === 'result' ? (JSON.parse(payload) as JsonObject) : {};
}

function boundedHold(): Pick<Held, 'add' | 'drop' | 'reserve'> {
  let bytes = 0;
  return {
    add: (more) => {
      bytes += more;
      if (bytes > OWN_ANSWER_LIMIT_BYTES) throw new RangeError('the answer is too large');
    },
    reserve: async () => undefined,
    drop: (fewer) => {
      bytes -= fewer;
    },
  };
}
