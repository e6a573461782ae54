import { createParser, type EventSourceMessage } from 'eventsource-parser';
import { FleetError } from '../core/errors';
import { findMember, memberNames, skipSpace } from '../core/json-members';
import { isObject, type RequestId } from '../core/message';
import type { Json } from '../core/strict-json';
import type { UpstreamResponse } from './upstreams';

/** Largest answer that is held, in bytes. */
export const ANSWER_LIMIT_BYTES = 64 * 1024 * 1024;

/**
 * Reads an answer to its end and gives the JSON-RPC response as the server wrote it, from a JSON body or from the stream
 * whose last event it is. Everything that comes before it on a stream goes to `pass` at once.
 * @throws FleetError OUTCOME_UNKNOWN when the answer ends before the response is whole
 */
export async function readAnswer(
  response: UpstreamResponse,
  id: RequestId,
  pass: (event: EventSourceMessage) => Promise<void>,
): Promise<string> {
  try {
    return isStream(response) ? await readStream(response, id, pass) : await readBody(response);
  } catch (error) {
    if (FleetError.is(error)) throw error;
    throw lost('the connection broke in the middle of the answer');
  } finally {
    response.body.resume();
  }
}

/** What a JSON-RPC response says of its call. @throws FleetError OUTCOME_UNKNOWN when the text is no JSON-RPC response */
export function readResponse(text: string): ResponseFacts {
  let parsed: Json;
  try {
    parsed = JSON.parse(text) as Json;
  } catch {
    throw lost('the answer is not JSON');
  }
  const root = skipSpace(text, 0);
  // A member that comes twice, or is spelt with escapes, would let the audit and the agent read two different results.
  if (!isObject(parsed) || memberNames(text, root).join() !== Object.keys(parsed).join())
    throw lost('the answer is not one JSON-RPC response');
  const name = parsed.result !== undefined ? 'result' : parsed.error !== undefined ? 'error' : undefined;
  const span = name === undefined ? undefined : findMember(text, root, name);
  if (span === undefined) throw lost('the answer is neither a result nor an error');
  const result = isObject(parsed.result) ? parsed.result : {};
  if (isObject(parsed.error) && isObject(parsed.error.data) && parsed.error.data.error === 'OUTCOME_UNKNOWN') {
    throw lost('the instance lost its server in the middle of the answer');
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
    if (size > ANSWER_LIMIT_BYTES) throw lost(`the answer is larger than ${ANSWER_LIMIT_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

async function readStream({ body }: UpstreamResponse, id: RequestId, pass: (event: EventSourceMessage) => Promise<void>): Promise<string> {
  const events: EventSourceMessage[] = [];
  const parser = createParser({ onEvent: (event) => events.push(event) });
  const decoder = new TextDecoder();
  for await (const chunk of body as AsyncIterable<Buffer>) {
    parser.feed(decoder.decode(chunk, { stream: true }));
    for (let event = events.shift(); event !== undefined; event = events.shift()) {
      if (answers(event.data, id)) return event.data;
      await pass(event);
    }
  }
  throw lost('the stream ended before the response');
}

/** Whether an event is the response to this request; a request of the server's may carry the same id. */
function answers(data: string, id: RequestId): boolean {
  if (data === '') return false; // a priming event
  const message = JSON.parse(data) as Json;
  return isObject(message) && message.id === id && message.method === undefined;
}

function lost(reason: string): FleetError {
  return new FleetError('OUTCOME_UNKNOWN', { reason });
}
