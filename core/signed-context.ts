import { createHmac, type KeyObject, timingSafeEqual } from 'node:crypto';
import type { CallContext } from './fleet-config';

/** Seconds for which a signed context is accepted; covers clock skew between two tasks, not a replay. */
export const CONTEXT_LIFETIME_SECONDS = 120;

/**
 * Signs who calls for a sidecar: `base64url(JSON).base64url(HMAC-SHA256)`.
 * @param now seconds since the epoch
 */
export function signContext(context: CallContext, key: KeyObject, now: number): string {
  const payload = Buffer.from(JSON.stringify({ ...context, iat: Math.floor(now) })).toString('base64url');
  return `${payload}.${mac(payload, key).toString('base64url')}`;
}

/**
 * The context, or undefined when the header is absent, altered, stale, or meant for another server.
 * @param now seconds since the epoch
 */
export function openContext(header: string | undefined, key: KeyObject, server: string, now: number): CallContext | undefined {
  const signed = header === undefined ? undefined : readContext(header, key, server);
  return signed !== undefined && isCurrent(signed, now) ? signed.context : undefined;
}

/** A context whose signature holds. */
export interface SignedContext {
  readonly context: CallContext;
  /** When it was signed, in seconds since the epoch. */
  readonly signedAt: number;
}

/** Undefined when it is altered, or meant for another server. Whether it still counts, {@link isCurrent} says. */
export function readContext(header: string, key: KeyObject, server: string): SignedContext | undefined {
  const [payload, signature, rest] = header.split('.');
  if (!payload || !signature || rest !== undefined) return undefined;
  const given = Buffer.from(signature, 'base64url');
  const expected = mac(payload, key);
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined;
  const { iat, ...context } = JSON.parse(Buffer.from(payload, 'base64url').toString()) as CallContext & { iat: number };
  return context.server === server ? { context, signedAt: iat } : undefined;
}

/** @param now seconds since the epoch */
export function isCurrent({ signedAt }: SignedContext, now: number): boolean {
  return Math.abs(now - signedAt) <= CONTEXT_LIFETIME_SECONDS;
}

function mac(payload: string, key: KeyObject): Buffer {
  return createHmac('sha256', key).update(payload).digest();
}
