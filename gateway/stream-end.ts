import { responseText } from '../core/stamp';
import type { Identified } from './call';

/** How soon an agent should listen again when its session's stream ends, in milliseconds: what its server says meanwhile is held. */
export const LISTEN_AGAIN_MS = 250;

/** How much sooner a stream may end, as a share of its age: what began together shall not begin anew together. */
const AGE_JITTER = 0.25;

type Listening = Pick<Identified, 'lane' | 'message' | 'exchange'>;

/** Whether a request is a stream of the server's own, which ends when its agent leaves. */
export function listens({ lane, message }: Pick<Listening, 'lane' | 'message'>): boolean {
  return lane === 'stream' || subscribes({ message });
}

/** Whether it is a stream of the modern era. */
export function subscribes({ message }: Pick<Listening, 'message'>): boolean {
  return message?.kind === 'request' && message.method === 'subscriptions/listen';
}

/** A GET stream just ends; a listen stream ends with its result, which tells the agent that nothing broke. */
export function endStream({ lane, message, exchange }: Listening): void {
  if (lane === 'stream') exchange.reply.end(LISTEN_AGAIN_MS);
  else if (subscribes({ message })) exchange.reply.finish(200, listenResult(exchange.requestId ?? 'null'));
}

/** Runs something when a stream comes of age. @param seconds its age @returns stops that */
export function atAge(seconds: number, act: () => void): () => void {
  const timer = setTimeout(act, seconds * 1_000 * (1 - AGE_JITTER * Math.random()));
  timer.unref();
  return () => clearTimeout(timer);
}

/** The graceful end of a subscription (MCP 2026-07-28, subscriptions § Ending). */
function listenResult(id: string): string {
  return responseText(id, 'result', `{"resultType":"complete","_meta":{"io.modelcontextprotocol/subscriptionId":${id}}}`);
}
