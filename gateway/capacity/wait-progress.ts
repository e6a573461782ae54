import type { Identified } from '../call';

/** How often who waits for a slot is told so, in milliseconds. */
export const WAIT_PROGRESS_MS = 5_000;

/**
 * Tells a caller that gave a progress token that it still waits. The count goes up to zero from below, so that the server's own, which
 * follows, goes on rising (MCP 2026-07-28, progress: the value must increase). Before a session stands there is no stream to say it on.
 * @returns ends it
 */
export function tellOfWait({ exchange, message, server, lane }: Pick<Identified, 'exchange' | 'message' | 'server' | 'lane'>): () => void {
  const progressToken = message?.kind === 'request' ? message.meta.progressToken : undefined;
  if (progressToken === undefined || lane === 'open') return () => undefined;
  let progress = -1_000;
  let isBehind = false;
  const tell = async (): Promise<void> => {
    // Who does not read is not told more: a token may be as long as a message.
    if (isBehind) return;
    isBehind = true;
    const params = { progressToken, progress: progress++, message: `waiting for a free slot of ${server}` };
    await exchange.reply.sendEvent({
      event: 'message',
      data: JSON.stringify({ jsonrpc: '2.0', method: 'notifications/progress', params }),
    });
    isBehind = false;
  };
  const timer = setInterval(() => void tell(), WAIT_PROGRESS_MS);
  return () => clearInterval(timer);
}
