import { setTimeout as delay } from 'node:timers/promises';
import type { EventSourceMessage } from 'eventsource-parser';
import { endedBy } from '../../core/endings';
import { FleetError } from '../../core/errors';
import { agentText } from '../../core/reading/agent-text';
import { EventReader, EventTooLarge, isMessageEvent } from '../../core/reading/event-reader';
import { isIdOf, readServerMessage, type ServerMessage } from '../../core/reading/server-message';
import type { AwaitedRequest } from '../../core/sealed-event';
import type { Held } from '../holdings';
import type { UpstreamResponse } from './upstreams';

/** Largest answer that is held, in bytes. */
export const ANSWER_LIMIT_BYTES = 64 * 1024 * 1024;

/** What a JSON-RPC response says, judged to be the one that was awaited. */
export interface Response {
  readonly member: 'result' | 'error';
  /** JSON text of that member as the server wrote it, an object. */
  readonly payload: string;
}

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

/** What comes before the response on a stream, as its agent may see it. */
export interface PassedEvent {
  /** Empty for one that only has an id. */
  readonly text: string;
  /** The server's own id of it. */
  readonly id?: string;
  readonly method?: string;
}

/** How an answer is read. */
export interface Reading {
  readonly held: Pick<Held, 'add' | 'drop' | 'reserve'>;
  /** The request that it answers; absent for the standalone stream of a session, which holds no response for anybody. */
  readonly awaited?: AwaitedRequest;
  /** Gets what comes before the response, at once. */
  readonly pass?: (event: PassedEvent) => Promise<void>;
  /** Told what is dropped: a message that nobody may be given. */
  readonly drop?: (because: string) => void;
  /** Opens a stream again behind an event; for servers that let their streams be resumed. */
  readonly reopen?: (lastEventId: string) => Promise<UpstreamResponse>;
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
    letGo(response);
  }
}

/** Passes on a stream that holds no response for anybody, until the server or the agent leaves. */
export async function passStream(response: UpstreamResponse, reading: Reading): Promise<void> {
  try {
    await readEvents(response, reading, { retryMs: REOPEN_AFTER_MS });
  } finally {
    response.body.destroy();
  }
}

/** The error that a server answered with to what is no request; everything else of such a body is nobody's. */
export async function readRefusal(response: UpstreamResponse, held: Reading['held']): Promise<Response | undefined> {
  if (response.status < 400 || isStream(response)) {
    letGo(response);
    return undefined;
  }
  try {
    const message = readServerMessage(await collect(response, held, REFUSAL_LIMIT_BYTES));
    return message.kind === 'response' && message.member === 'error' && message.id === null ? message : undefined;
  } catch {
    return undefined;
  } finally {
    letGo(response);
  }
}

const REFUSAL_LIMIT_BYTES = 64 * 1024;

/** The response that an instance has kept of a call; whoever asked for it first, it is the call's. */
export async function readKeptAnswer(response: UpstreamResponse): Promise<Response | undefined> {
  const message = readServerMessage(await collect(response, UNCOUNTED, KEPT_LIMIT_BYTES));
  return message.kind === 'response' ? message : undefined;
}

const UNCOUNTED = { add: () => undefined, drop: () => undefined, reserve: async () => undefined };

/** A sidecar keeps less. */
const KEPT_LIMIT_BYTES = 8 * 1024 * 1024;

export function isStream({ headers }: UpstreamResponse): boolean {
  return mediaType(headers['content-type']) === 'text/event-stream';
}

/** Without parameters, in lower case (RFC 9110 § 8.3.1). */
function mediaType(value: string | string[] | undefined): string {
  return (String(value ?? '').split(';', 1)[0] as string).trim().toLowerCase();
}

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
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > limit) throw endedBy('answer_lost', tooLarge(limit));
    if (size > SMALL_BYTES && size - chunk.length <= SMALL_BYTES) await held.reserve(limit);
    held.add(chunk.length);
    chunks.push(chunk);
  }
  held.drop(0);
  return new TextDecoder().decode(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks.splice(0)));
}

/** What grows beyond this waits until there is room for the largest answer: two that grow beside each other would both find none. */
const SMALL_BYTES = 1024 * 1024;

function tooLarge(limit = ANSWER_LIMIT_BYTES): string {
  return `the answer is larger than ${limit} bytes`;
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
async function readStream(first: UpstreamResponse, reading: Reading): Promise<Response> {
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
      letGo(response);
      throw endedBy('answer_lost', 'the server did not resume its stream');
    }
  }
}

/** The response, or undefined when the stream ended or was cut before it. */
async function readEvents({ body }: UpstreamResponse, reading: Reading, position: Position): Promise<Response | undefined> {
  const { held } = reading;
  const reader = new EventReader(ANSWER_LIMIT_BYTES);
  let holding = 0;
  try {
    for await (const chunk of body.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      if (holding + chunk.length > SMALL_BYTES && holding <= SMALL_BYTES) await held.reserve(ANSWER_LIMIT_BYTES);
      held.add(chunk.length);
      holding += chunk.length;
      for (const event of reader.push(chunk)) {
        position.retryMs = reader.retryMs ?? position.retryMs;
        const found = await readEvent(event, reading);
        // Whoever is given the response goes on holding it.
        if (found !== undefined) {
          held.drop(0);
          return found;
        }
        if (event.id !== undefined) position.lastEventId = event.id;
        held.drop(holding);
        holding = 0;
      }
    }
  } catch (error) {
    if (FleetError.is(error) || error instanceof EventTooLarge) throw error;
  }
  held.drop(holding);
  return undefined;
}

async function readEvent(event: EventSourceMessage, { awaited, pass, drop }: Reading): Promise<Response | undefined> {
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
    const text = agentText(message, awaited);
    if (text === undefined) drop?.(`${message.method} concerns no request`);
    else await pass?.({ text, ...id, method: message.method });
  }
  return undefined;
}

/** How long what follows the response may take to end, in milliseconds, so that its connection serves again. */
const END_PATIENCE_MS = 1_000;

/** The response ends the exchange; what a server keeps open behind it is closed. */
function letGo({ body }: UpstreamResponse): void {
  if (body.readableEnded || body.destroyed) return;
  body.resume();
  const timer = setTimeout(() => body.destroy(), END_PATIENCE_MS);
  timer.unref();
  body.once('close', () => clearTimeout(timer));
}
