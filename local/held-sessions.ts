import type { ProcessRow } from './local-account';

/** A sidecar that does not tell its sessions within this many milliseconds is listed without them. */
const STATUS_TIMEOUT = 1000;

/** What a sidecar says of itself; nothing where it does not answer. @param address `127.0.0.1:port` */
export async function heldBy(address: string): Promise<Pick<ProcessRow, 'sessions' | 'warm'>> {
  try {
    const answer = await fetch(`http://${address}/readyz`, { signal: AbortSignal.timeout(STATUS_TIMEOUT) });
    const { activeSessions, warm } = (await answer.json()) as { activeSessions?: number; warm?: number };
    return { ...(activeSessions !== undefined && { sessions: activeSessions }), ...(warm !== undefined && { warm }) };
  } catch {
    return {};
  }
}
