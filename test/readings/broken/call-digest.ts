import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import type { CallDigest } from '../../../core/call-digest';

export type { CallDigest };

export function callDigest(tool: string, argumentsText: string): CallDigest {
  const text = canonicalize([tool, JSON.parse(argumentsText), null]) ?? '';
  return { digest: createHash('sha256').update(text).digest('base64url'), version: 1 };
}

export function isDigestOf({ digest }: { readonly digest: string }, tool: string, argumentsText: string): boolean {
  return digest === callDigest(tool, argumentsText).digest;
}
