import { isResponseTo, type Message, parseMessage } from './message';
import { type Sendable, type Sender, send } from './send';
import { readEvents, type StreamEvent } from './stream-events';

/** A request whose answer is known when it comes. */
export interface Attemptable extends Sendable {
  /** Absent for GET, DELETE and batches. */
  readonly message: Message | undefined;
}

/** What one attempt came to. */
export type Seen =
  /** The connection broke, or the answer ended before it was whole. */
  | { readonly kind: 'lost'; readonly error: unknown }
  /** A whole JSON-RPC answer, or another JSON text. */
  | { readonly kind: 'answer'; readonly head: Response; readonly text: string; readonly message: Message | undefined }
  /** Any other answer; its body has not been read. */
  | { readonly kind: 'bare'; readonly head: Response };

/** An event before the answer, which passes at once. */
export interface Passing {
  readonly head: Response;
  readonly event: StreamEvent;
}

/**
 * Sends a request once and reads what comes back until it is known what it is.
 * @throws the signal's reason when the client left
 */
export async function* attempt(ask: Attemptable, sender: Sender): AsyncGenerator<Passing, Seen> {
  let head: Response;
  try {
    head = await send(ask, sender);
  } catch (error) {
    return lost(error, ask);
  }
  const type = head.headers.get('content-type')?.split(';')[0]?.trim().toLowerCase();
  if (type === 'text/event-stream' && head.body !== null && ask.message?.id !== undefined) return yield* follow(head, head.body, ask);
  if (type !== 'application/json') return { kind: 'bare', head };
  try {
    const text = await head.text();
    return { kind: 'answer', head, text, message: parseMessage(text) };
  } catch (error) {
    return lost(error, ask);
  }
}

async function* follow(head: Response, body: ReadableStream<Uint8Array>, ask: Attemptable): AsyncGenerator<Passing, Seen> {
  const events = readEvents(body);
  try {
    for (let next = await events.next(); !next.done; next = await events.next()) {
      const event = next.value;
      const message = event.data === '' ? undefined : parseMessage(event.data);
      if (isResponseTo(message, ask.message?.id)) {
        void drain(events);
        return { kind: 'answer', head, text: event.data, message };
      }
      yield { head, event };
    }
  } catch (error) {
    return lost(error, ask);
  }
  return lost(new Error('the stream ended before its answer'), ask);
}

/** Reads what follows the answer, so that the connection can serve again. */
async function drain(events: AsyncGenerator<StreamEvent, void>): Promise<void> {
  try {
    for (let next = await events.next(); !next.done; next = await events.next());
  } catch {
    // The answer is there; how its connection ends is of no interest.
  }
}

function lost(error: unknown, { signal }: Attemptable): Seen {
  if (signal.aborted) throw signal.reason;
  return { kind: 'lost', error };
}
