import { setTimeout as delay } from 'node:timers/promises';
import type { Machinery } from '../machinery';
import type { RunningFleet } from '../running-fleet';

/** A gateway asks an issuer for keys at most every ten seconds; so long, in milliseconds, it is shown the new token again and again. */
const SHOWN_WITHIN_MS = 15_000;
const AGAIN_MS = 500;
const TTL_SECONDS = 60;

/**
 * Withdraws what an agent's tokens were signed by. Gateways believe keys for some minutes, unless a token names one that they do not know:
 * so each is shown a new one.
 * @returns how many gateways have taken it
 */
export async function expireTokens(fleet: RunningFleet, subject: string, { services }: Machinery): Promise<number> {
  const { issuer, servers, audience } = fleet;
  issuer.expire(subject);
  const token = await issuer.token(subject, audience[0] ?? '', TTL_SECONDS);
  const gateways = [...services.values()].flatMap(({ tasks }) => tasks).flatMap(({ containers }) => containers.filter(isGateway));
  const shown = await Promise.all(gateways.map(({ port }) => show(token, `http://127.0.0.1:${port}/${servers[0]}/mcp`)));
  return shown.filter(Boolean).length;
}

/** Ends no session, for it names none. */
async function show(token: string, url: string): Promise<boolean> {
  const end = Date.now() + SHOWN_WITHIN_MS;
  const ask = { method: 'DELETE', headers: { authorization: `Bearer ${token}` } };
  while (Date.now() < end) {
    const answer = await fetch(url, { ...ask, signal: AbortSignal.timeout(SHOWN_WITHIN_MS) }).catch(() => undefined);
    await answer?.body?.cancel();
    if (answer !== undefined && answer.status !== 401) return true;
    await delay(AGAIN_MS);
  }
  return false;
}

function isGateway({ definition, pid }: { readonly definition: { readonly role: string }; readonly pid: number | undefined }): boolean {
  return definition.role === 'gateway' && pid !== undefined;
}
