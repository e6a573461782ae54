import { createHmac, type KeyObject, timingSafeEqual } from 'node:crypto';
import type { CallContext } from './fleet-config';
import { requireKnown } from './formats';
import { MOST_KEYS } from './secrets/key-ring';

/** Seconds for which a signed context is accepted; covers clock skew between two tasks, not a replay. */
export const CONTEXT_LIFETIME_SECONDS = 120;

/**
 * Signs who calls for a sidecar: `base64url(JSON).base64url(HMAC-SHA256)`, with one code more for each key more.
 * @param keys all that count: the sidecar has at least one of them, and not always the newest
 * @param now seconds since the epoch
 */
export function signContext(context: CallContext, keys: KeyObject | readonly KeyObject[], now: number): string {
  const payload = Buffer.from(JSON.stringify({ ...context, iat: Math.floor(now) })).toString('base64url');
  return [payload, ...[keys].flat().map((key) => mac(payload, key).toString('base64url'))].join('.');
}

/**
 * The context, or undefined when the header is absent, altered, stale, or meant for another server.
 * @param now seconds since the epoch
 */
export function openContext(header: string | undefined, key: KeyObject, server: string, now: number): CallContext | undefined {
  const signed = header === undefined ? undefined : readContext(header, [key], server);
  return signed !== undefined && isCurrent(signed, now) ? signed.context : undefined;
}

const MAC_BYTES = 32;

/** A context whose signature holds. */
export interface SignedContext {
  readonly context: CallContext;
  /** By which it holds: whoever has signed it has this one. */
  readonly key: KeyObject;
  /** When it was signed, in seconds since the epoch. */
  readonly signedAt: number;
}

/**
 * Undefined when it is altered, signed by other keys, or meant for another server. Whether it still counts, {@link isCurrent} says.
 * @throws UnknownFormatError where its gateway is of a later version and says more than this one would read
 */
export function readContext(header: string, keys: readonly KeyObject[], server: string): SignedContext | undefined {
  const [payload, ...codes] = header.split('.');
  const given = codes.map((code) => Buffer.from(code, 'base64url'));
  if (!payload || codes.length > MOST_KEYS || given.some(({ length }) => length !== MAC_BYTES)) return undefined;
  const key = keys.find((candidate) => given.some((code) => isMac(code, payload, candidate)));
  if (key === undefined) return undefined;
  const { iat, ...context } = requireKnown(
    'callContext',
    JSON.parse(Buffer.from(payload, 'base64url').toString()) as CallContext & { iat: number },
  );
  return context.server === server ? { context, key, signedAt: iat } : undefined;
}

/** @param now seconds since the epoch */
export function isCurrent({ signedAt }: SignedContext, now: number): boolean {
  return Math.abs(now - signedAt) <= CONTEXT_LIFETIME_SECONDS;
}

function isMac(given: Buffer, payload: string, key: KeyObject): boolean {
  return timingSafeEqual(given, mac(payload, key));
}

function mac(payload: string, key: KeyObject): Buffer {
  return createHmac('sha256', key).update(payload).digest();
}
