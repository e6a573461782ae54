import { Agent, request } from 'undici';
import type { ProcessRow } from './local-account';

/** A sidecar that does not tell its sessions within this many milliseconds is listed without them. */
const STATUS_TIMEOUT = 1000;

/** A sidecar that speaks TLS has signed its certificate itself. */
const anyCertificate = new Agent({ connect: { rejectUnauthorized: false }, pipelining: 0 });

/** What a sidecar says of itself; nothing where it does not answer. @param address `127.0.0.1:port` */
export async function heldBy(address: string): Promise<Pick<ProcessRow, 'sessions' | 'warm'>> {
  const ask = async (scheme: 'http' | 'https'): Promise<Pick<ProcessRow, 'sessions' | 'warm'>> => {
    const signal = AbortSignal.timeout(STATUS_TIMEOUT);
    const { body } = await request(`${scheme}://${address}/readyz`, { signal, dispatcher: anyCertificate });
    const { activeSessions, warm } = (await body.json()) as { activeSessions?: number; warm?: number };
    return { ...(activeSessions !== undefined && { sessions: activeSessions }), ...(warm !== undefined && { warm }) };
  };
  return await ask('http').catch(() => ask('https').catch(() => ({})));
}
