import { ERRORS } from '../core/errors';
import type { Ask } from './ask';
import type { Passing } from './attempt';
import { EXHAUSTED, RecoveryExhausted } from './exhausted';
import { type Ending, recover } from './recover';
import type { Recovery } from './recovery';
import { writeEvent } from './stream-events';

/** Headers that describe bytes which are not the ones that the client gets. */
const OF_THE_BYTES = ['content-length', 'content-encoding', 'transfer-encoding'];

/** Answers the client with one response, whatever number of attempts it took: a whole one, or one stream. */
export async function respond(ask: Ask, recovery: Recovery): Promise<Response> {
  const left = new AbortController();
  const followed = { ...ask, signal: AbortSignal.any([ask.signal, left.signal]) };
  const { call } = ask;
  if (call !== undefined) call.pending++;
  let ended = false;
  const end = (): void => {
    if (ended || call === undefined) return;
    ended = true;
    call.pending--;
    if (followed.signal.aborted) call.abandoned = true;
  };
  const parts = recover(followed, recovery);
  try {
    const first = await parts.next();
    if (!first.done) return streamed(first.value, parts, followed, left, end);
    end();
    return whole(first.value);
  } catch (error) {
    end();
    throw error;
  }
}

function whole(ending: Ending): Response {
  if (ending.kind === 'bare') return ending.head;
  const { head, text } = ending;
  const asStream = head.headers.get('content-type')?.startsWith('text/event-stream') === true;
  return new Response(asStream ? writeEvent({ event: 'message', data: text }) : text, headOf(head));
}

/** Goes on with a stream that has begun: the answer is spliced in, from whichever attempt it comes. */
function streamed(first: Passing, parts: AsyncGenerator<Passing, Ending>, ask: Ask, left: AbortController, end: () => void): Response {
  const encoder = new TextEncoder();
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(encoder.encode(writeEvent(first.event))),
    pull: async (controller) => {
      const close = (data: string): void => {
        end();
        controller.enqueue(encoder.encode(writeEvent({ event: 'message', data })));
        controller.close();
      };
      try {
        const next = await parts.next();
        if (!next.done) controller.enqueue(encoder.encode(writeEvent(next.value.event)));
        else close(underOwnId(next.value, ask));
      } catch (error) {
        const exhausted = RecoveryExhausted.from(error);
        if (exhausted !== undefined) return close(JSON.stringify(asJsonRpc(exhausted, ask)));
        end();
        controller.error(error);
      }
    },
    cancel: (reason) => {
      left.abort(reason);
      end();
    },
  });
  return new Response(body, headOf(first.head));
}

/** An error that came on a status of its own may have no id; in a stream it needs one. */
function underOwnId(ending: Ending, { message: asked }: Ask): string {
  if (ending.kind === 'bare') throw new TypeError('a stream can only go on with JSON-RPC');
  const { message, text } = ending;
  return message?.id === asked?.id ? text : JSON.stringify({ ...message, id: asked?.id });
}

/** The SDKs fail a request at once by a JSON-RPC error, and wait for minutes on a stream that breaks. */
function asJsonRpc(error: RecoveryExhausted, { message, call }: Ask): object {
  const { outcome, attempts, confirmed, failed, notExecuted, unknown } = error;
  const cause = error.cause as { code?: unknown } | undefined;
  return {
    jsonrpc: '2.0',
    id: message?.id,
    error: {
      code: typeof cause?.code === 'number' ? cause.code : ERRORS.OUTCOME_UNKNOWN.code,
      message: error.message,
      data: {
        error: EXHAUSTED,
        outcome,
        retry: outcome === 'unknown' && call !== undefined ? 'same_key' : 'later',
        ...(call?.callId !== undefined && { callId: call.callId }),
        ...(call?.key !== undefined && { idempotencyKey: call.key }),
        ...(error.call !== undefined && { call: error.call }),
        attempts,
        report: { confirmed, failed, notExecuted, unknown },
      },
    },
  };
}

function headOf({ status, statusText, headers }: Response): ResponseInit {
  const kept = new Headers(headers);
  for (const name of OF_THE_BYTES) kept.delete(name);
  return { status, statusText, headers: kept };
}
