import { endedBy } from '../../core/endings';
import { FleetError } from '../../core/errors';
import { EventTooLarge } from '../../core/reading/event-reader';
import { isIdOf, readServerMessage, type ServerMessage } from '../../core/reading/server-message';
import type { Response } from '../../core/response';
import type { AwaitedRequest } from '../../core/sealed-event';
import { readStream } from './answer-stream';
import { isStream } from './media-type';
import { ANSWER_LIMIT_BYTES, type Reading, SMALL_BYTES, tooLarge } from './reading';
import type { UpstreamResponse } from './upstreams';

/** The answer of a server, whole, before anyone has seen it. */
export interface Answer {
  readonly status: number;
  /** Absent for an answer without a body, as that to a notification. */
  readonly response?: Response;
  /** ECS task id of the instance that gave it. */
  readonly instance?: string;
  /** It came as a stream. */
  readonly streamed?: boolean;
  readonly headers: Readonly<Record<string, string>>;
  /** What an answer to initialize says of the session that it opened; absent for a server that holds none. */
  readonly opened?: OpenedSession;
  /** What the server said before the session stood, for its agent to hear behind the answer. */
  readonly behind?: readonly string[];
}

export interface OpenedSession {
  readonly upstream: string;
  readonly cookie?: string;
  readonly revision: string;
}

/**
 * Reads an answer up to the response that is awaited, from a JSON body or from a stream. On no way does anything else leave that could be
 * taken for a response.
 * @throws FleetError OUTCOME_UNKNOWN when it ends before the response is whole, holds more than may be held, or is none
 */
export async function readAnswer(response: UpstreamResponse, reading: Reading & { readonly awaited: AwaitedRequest }): Promise<Response> {
  try {
    return isStream(response) ? await readStream(response, reading) : await readBody(response, reading);
  } catch (error) {
    if (FleetError.is(error)) throw error.kind === 'AT_CAPACITY' ? endedBy('answer_lost', error.detail.reason) : error;
    throw endedBy('answer_lost', error instanceof EventTooLarge ? tooLarge() : 'the connection broke in the middle of the answer');
  } finally {
    response.body.letGo();
  }
}

/** The error that a server answered with to what is no request; everything else of such a body is nobody's. */
export async function readRefusal(response: UpstreamResponse, held: Reading['held']): Promise<Response | undefined> {
  if (response.status < 400 || isStream(response)) {
    response.body.letGo();
    return undefined;
  }
  try {
    const message = readServerMessage(await collect(response, held, REFUSAL_LIMIT_BYTES));
    return message.kind === 'response' && message.member === 'error' && message.id === null ? message : undefined;
  } catch {
    return undefined;
  } finally {
    response.body.letGo();
  }
}

const REFUSAL_LIMIT_BYTES = 64 * 1024;

/**
 * The response that an instance has kept of a call; whoever asked for it first, it is the call's.
 * @throws FleetError OUTCOME_UNKNOWN when it ends before it is whole, or is larger than what a sidecar keeps
 */
export async function readKeptAnswer(response: UpstreamResponse): Promise<Response | undefined> {
  try {
    const message = readServerMessage(await collect(response, UNCOUNTED, KEPT_LIMIT_BYTES));
    return message.kind === 'response' ? message : undefined;
  } catch (error) {
    throw FleetError.is(error) ? error : endedBy('answer_lost', 'the connection broke in the middle of the kept answer');
  } finally {
    response.body.letGo();
  }
}

const UNCOUNTED = { add: () => undefined, drop: () => undefined, reserve: async () => undefined };

/** A sidecar keeps less. */
const KEPT_LIMIT_BYTES = 8 * 1024 * 1024;

async function readBody(response: UpstreamResponse, { held, awaited }: Reading & { awaited: AwaitedRequest }): Promise<Response> {
  const text = await collect(response, held, ANSWER_LIMIT_BYTES);
  const message = readServerMessage(text);
  if (message.kind === 'response' && isIdOf(message.id, awaited.upstreamId)) return message;
  // A refusal of the transport's: it could not tell the id, or did not look (JSON-RPC 2.0 § 5).
  const refused = response.status >= 400 && response.status < 500;
  if (message.kind === 'response' && message.member === 'error' && message.id === null && refused) return message;
  if (response.status >= 500) throw endedBy('server_error', `the server answered ${response.status}`);
  throw endedBy('no_response', text === '' ? `the server answered ${response.status} and nothing` : reasonOf(message));
}

function reasonOf(message: ServerMessage): string {
  if (message.kind === 'none') return `the answer is no JSON-RPC response: ${message.because}`;
  return message.kind === 'response' ? 'the answer carries another id' : `the answer is a ${message.kind}`;
}

async function collect({ body }: UpstreamResponse, held: Reading['held'], limit: number): Promise<string> {
  const pieces: Buffer[] = [];
  let size = 0;
  const keep = (piece: Buffer): undefined => {
    held.add(piece.length);
    pieces.push(piece);
  };
  await body.read((piece) => {
    size += piece.length;
    if (size > limit) throw endedBy('answer_lost', tooLarge(limit));
    if (size > SMALL_BYTES && size - piece.length <= SMALL_BYTES) return held.reserve(limit).then(() => keep(piece));
    return keep(piece);
  });
  held.drop(0);
  return decoder.decode(pieces.length === 1 ? pieces[0] : Buffer.concat(pieces.splice(0)));
}

const decoder = new TextDecoder();
