import { setTimeout as delay } from 'node:timers/promises';
import { createParser, type EventSourceMessage } from 'eventsource-parser';
import { endedBy } from '../../core/endings';
import { FleetError } from '../../core/errors';
import { findMember, memberNames, skipSpace } from '../../core/json-members';
import { isObject, type RequestId } from '../../core/message';
import type { Json } from '../../core/strict-json';
import type { UpstreamResponse } from './upstreams';

/** Largest answer that is held, in bytes. */
export const ANSWER_LIMIT_BYTES = 64 * 1024 * 1024;

/** The answer of a server, whole, before anyone has seen it. */
export interface Answer {
  readonly status: number;
  /** JSON text of the JSON-RPC response; empty for one without a body. */
  readonly text: string;
  /** ECS task id of the instance that gave it. */
  readonly instance?: string;
  /** It came as a stream. */
  readonly streamed?: boolean;
  readonly headers: Readonly<Record<string, string>>;
  /** What an answer to initialize says of the session that it opened; absent for a server that holds none. */
  readonly opened?: OpenedSession;
}

export interface OpenedSession {
  readonly upstream: string;
  readonly cookie?: string;
  readonly revision: string;
}

/** How the rest of an answer is read. */
export interface Reading {
  /** Id of the request that the response must carry. */
  readonly id: RequestId;
  /** Gets what comes before the response on a stream, at once. */
  readonly pass?: (event: EventSourceMessage) => Promise<void>;
  /** Opens a stream again behind an event; for servers that let their streams be resumed. */
  readonly reopen?: (lastEventId: string) => Promise<UpstreamResponse>;
}

/**
 * Reads an answer to its end and gives the JSON-RPC response as the server wrote it, from a JSON body or from the stream
 * whose last event it is.
 * @throws FleetError OUTCOME_UNKNOWN when the answer ends before the response is whole
 */
export async function readAnswer(response: UpstreamResponse, reading: Reading): Promise<string> {
  try {
    return isStream(response) ? await readStream(response, reading) : await readBody(response);
  } catch (error) {
    if (FleetError.is(error)) throw error;
    throw endedBy('answer_lost', 'the connection broke in the middle of the answer');
  } finally {
    response.body.resume(); // what follows the response is of no interest, but lets the connection serve again
  }
}

/** What a JSON-RPC response says of its call. @throws FleetError OUTCOME_UNKNOWN when the text is no JSON-RPC response */
export function readResponse(text: string): ResponseFacts {
  let parsed: Json;
  try {
    parsed = JSON.parse(text) as Json;
  } catch {
    throw endedBy('no_response', 'the answer is not JSON');
  }
  const root = skipSpace(text, 0);
  // A member that comes twice, or is spelt with escapes, would let the audit and the agent read two different results.
  if (!isObject(parsed) || memberNames(text, root).join() !== Object.keys(parsed).join())
    throw endedBy('no_response', 'the answer is not one JSON-RPC response');
  const name = parsed.result !== undefined ? 'result' : parsed.error !== undefined ? 'error' : undefined;
  const span = name === undefined ? undefined : findMember(text, root, name);
  if (span === undefined) throw endedBy('no_response', 'the answer is neither a result nor an error');
  const result = isObject(parsed.result) ? parsed.result : {};
  if (isObject(parsed.error) && isObject(parsed.error.data) && parsed.error.data.error === 'OUTCOME_UNKNOWN') {
    throw endedBy('instance_lost', 'the instance lost its server in the middle of the answer');
  }
  return {
    isError: name === 'error',
    toolError: result.isError === true,
    inputRequired: result.resultType === 'input_required',
    payload: text.slice(span.start, span.end),
    result,
  };
}

export interface ResponseFacts {
  /** It is a JSON-RPC error. */
  readonly isError: boolean;
  /** It is a result with `isError`. */
  readonly toolError: boolean;
  /** The server asks for more before it goes on (MCP 2026-07-28, multi-round-trip requests). */
  readonly inputRequired: boolean;
  /** Text of the `result` or `error` member. */
  readonly payload: string;
  readonly result: { readonly [member: string]: Json };
}

export function isStream({ headers }: UpstreamResponse): boolean {
  return String(headers['content-type'] ?? '').startsWith('text/event-stream');
}

async function readBody({ body }: UpstreamResponse): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > ANSWER_LIMIT_BYTES) throw endedBy('answer_lost', `the answer is larger than ${ANSWER_LIMIT_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** Times that one answer's stream is opened again. */
const REOPEN_LIMIT = 8;
/** Wait before that, in milliseconds, where the server names none (as the SDKs do). */
const REOPEN_AFTER_MS = 1_000;

/** Where a stream stands. */
interface Position {
  lastEventId?: string;
  retryMs: number;
}

/**
 * Reads a stream up to the response. A server may end it early, or it may be cut, behind an event with an id: then it goes
 * on where it ended (MCP 2025-11-25, Streamable HTTP § Resumability).
 */
async function readStream(first: UpstreamResponse, reading: Reading): Promise<string> {
  const position: Position = { retryMs: REOPEN_AFTER_MS };
  let response = first;
  for (let reopened = 0; ; reopened++) {
    const data = await readEvents(response, reading, position);
    if (response !== first) response.body.destroy(); // a resumed stream would stay open
    if (data !== undefined) return data;
    if (reading.reopen === undefined || position.lastEventId === undefined || reopened === REOPEN_LIMIT) {
      throw endedBy('answer_lost', 'the stream ended before the response');
    }
    await delay(position.retryMs);
    // Whatever refuses the rest of the answer, the request itself has been delivered.
    response = await reading.reopen(position.lastEventId).catch((error: Error) => {
      throw endedBy('answer_lost', `its stream could not be resumed (${error.name})`);
    });
    if (!isStream(response)) throw endedBy('answer_lost', 'the server did not resume its stream');
  }
}

/** The response, or undefined when the stream ended or was cut before it. */
async function readEvents({ body }: UpstreamResponse, { id, pass }: Reading, position: Position): Promise<string | undefined> {
  const events: EventSourceMessage[] = [];
  const parser = createParser({
    onEvent: (event) => events.push(event),
    onRetry: (milliseconds) => {
      position.retryMs = milliseconds;
    },
  });
  const decoder = new TextDecoder();
  try {
    for await (const chunk of body.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      parser.feed(decoder.decode(chunk, { stream: true }));
      for (let event = events.shift(); event !== undefined; event = events.shift()) {
        if (answers(event.data, id)) return event.data;
        if (event.id !== undefined) position.lastEventId = event.id;
        await pass?.(event);
      }
    }
  } catch (error) {
    if (FleetError.is(error) || error instanceof SyntaxError) throw error;
  }
  return undefined;
}

/** Whether an event is the response to this request; a request of the server's may carry the same id. */
function answers(data: string, id: RequestId): boolean {
  if (data === '') return false; // a priming event
  const message = JSON.parse(data) as Json;
  return isObject(message) && message.id === id && message.method === undefined;
}
