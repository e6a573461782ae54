import { setTimeout as delay } from 'node:timers/promises';
import type { EventSourceMessage } from 'eventsource-parser';
import { endedBy } from '../../core/endings';
import { FleetError } from '../../core/errors';
import { agentText } from '../../core/reading/agent-text';
import { EventReader, EventTooLarge, isMessageEvent } from '../../core/reading/event-reader';
import { isIdOf, readServerMessage } from '../../core/reading/server-message';
import type { Response } from '../../core/response';
import { isStream } from './media-type';
import { ANSWER_LIMIT_BYTES, type Reading, SMALL_BYTES } from './reading';
import type { UpstreamResponse } from './upstreams';

/** Passes on a stream that holds no response for anybody, until the server or the agent leaves. */
export async function passStream(response: UpstreamResponse, reading: Reading): Promise<void> {
  try {
    await readEvents(response, reading, { retryMs: REOPEN_AFTER_MS });
  } finally {
    response.body.destroy();
  }
}

/** Times that one answer's stream is opened again. */
const REOPEN_LIMIT = 8;
/** Wait before that, in milliseconds, where the server names none (as the SDKs do); and the longest that it may name. */
const REOPEN_AFTER_MS = 1_000;
const LONGEST_REOPEN_MS = 30_000;

/** Where a stream stands. */
interface Position {
  lastEventId?: string;
  retryMs: number;
}

/**
 * Reads a stream up to the response. A server may end it early, or it may be cut, behind an event with an id: then it goes
 * on where it ended (MCP 2025-11-25, Streamable HTTP § Resumability).
 */
export async function readStream(first: UpstreamResponse, reading: Reading): Promise<Response> {
  const position: Position = { retryMs: REOPEN_AFTER_MS };
  let response = first;
  for (let reopened = 0; ; reopened++) {
    const found = await readEvents(response, reading, position);
    if (response !== first) response.body.destroy(); // a resumed stream would stay open
    if (found !== undefined) return found;
    if (reading.reopen === undefined || position.lastEventId === undefined || reopened === REOPEN_LIMIT) {
      throw endedBy('answer_lost', 'the stream ended before the response');
    }
    await delay(Math.min(position.retryMs, LONGEST_REOPEN_MS));
    // Whatever refuses the rest of the answer, the request itself has been delivered.
    response = await reading.reopen(position.lastEventId).catch((error: Error) => {
      throw endedBy('answer_lost', `its stream could not be resumed (${error.name})`);
    });
    if (!isStream(response)) {
      response.body.letGo();
      throw endedBy('answer_lost', 'the server did not resume its stream');
    }
  }
}

/** The response, or undefined when the stream ended or was cut before it. */
async function readEvents({ body }: UpstreamResponse, reading: Reading, position: Position): Promise<Response | undefined> {
  const { held } = reading;
  const reader = new EventReader(ANSWER_LIMIT_BYTES);
  let holding = 0;
  let found: Response | undefined;
  const take = async (piece: Buffer): Promise<true | undefined> => {
    if (holding + piece.length > SMALL_BYTES && holding <= SMALL_BYTES) await held.reserve(ANSWER_LIMIT_BYTES);
    held.add(piece.length);
    holding += piece.length;
    for (const event of reader.push(piece)) {
      position.retryMs = reader.retryMs ?? position.retryMs;
      found = await readEvent(event, reading);
      if (found !== undefined) return true;
      if (event.id !== undefined) position.lastEventId = event.id;
      held.drop(holding);
      holding = 0;
    }
    return undefined;
  };
  try {
    await body.read(take);
  } catch (error) {
    if (FleetError.is(error) || error instanceof EventTooLarge) throw error;
  }
  // Whoever is given the response goes on holding it.
  held.drop(found === undefined ? holding : 0);
  return found;
}

async function readEvent(event: EventSourceMessage, { awaited, era, pass, drop }: Reading): Promise<Response | undefined> {
  if (!isMessageEvent(event)) return undefined;
  const id = event.id === undefined ? {} : { id: event.id };
  if (event.data === '') {
    await pass?.({ text: '', ...id });
    return undefined;
  }
  const message = readServerMessage(event.data);
  if (message.kind === 'response' && awaited !== undefined && isIdOf(message.id, awaited.upstreamId)) return message;
  if (message.kind === 'response') drop?.('a response to no open request');
  else if (message.kind === 'none') drop?.(message.because);
  else {
    const text = agentText(message, awaited, era);
    if (text === undefined) drop?.(`${message.method} concerns no request`);
    else await pass?.({ text, ...id, method: message.method, ...(message.params !== undefined && { params: message.params }) });
  }
  return undefined;
}
