import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import type { Json } from './strict-json';

/**
 * SHA-256 of what a call asks for: the tool and its arguments in canonical form (RFC 8785), so that the order of
 * members and `1` against `1.0` make no other call of it. Continuations of a multi-round-trip call differ by what they carry.
 */
export function callDigest(tool: string, args: Json | undefined, continuation?: Json): string {
  const text = canonicalize([tool, args ?? {}, continuation ?? null]) ?? '';
  return createHash('sha256').update(text).digest('base64url');
}
