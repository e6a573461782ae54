import { createHmac, type KeyObject, timingSafeEqual } from 'node:crypto';
import { isSidecarReason, type SidecarReason } from './headers';
import type { RequestId } from './message';

/**
 * A sidecar's own word inside an event stream, where no header can carry it: member `sidecar` of `error.data`. A server
 * writes on the same stream and knows no key, so the code tells the two apart.
 */
export interface SidecarWord {
  readonly reason: SidecarReason;
  /** base64url HMAC-SHA256 over the received context header, the reason and the request's id as JSON, each on a line of its own. */
  readonly mac: string;
}

/** @param context the signed context header of the request, as it was received */
export function signWord(reason: SidecarReason, context: string, id: RequestId, key: KeyObject): SidecarWord {
  return { reason, mac: codeOf(reason, context, id, key).toString('base64url') };
}

/**
 * The reason, or undefined where the value is no word of a sidecar on this very request.
 * @param context the signed context header of the request, as it was sent
 */
export function openWord(word: unknown, context: string, id: RequestId, key: KeyObject): SidecarReason | undefined {
  if (typeof word !== 'object' || word === null) return undefined;
  const { reason, mac } = word as { reason?: unknown; mac?: unknown };
  if (typeof reason !== 'string' || typeof mac !== 'string' || !isSidecarReason(reason)) return undefined;
  const given = Buffer.from(mac, 'base64url');
  const expected = codeOf(reason, context, id, key);
  return given.length === expected.length && timingSafeEqual(given, expected) ? reason : undefined;
}

/** No context header holds a line break: what is signed here is never what `signContext` signs. */
function codeOf(reason: SidecarReason, context: string, id: RequestId, key: KeyObject): Buffer {
  return createHmac('sha256', key)
    .update(`${context}\n${reason}\n${JSON.stringify(id)}`)
    .digest();
}
