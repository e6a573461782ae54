import { createHmac, hkdfSync } from 'node:crypto';
import type { ToolConfig } from '../../core/fleet-config';
import { type Redacted, redact } from '../../core/redaction';
import type { SealKeys } from '../identity/seal-keys';

/**
 * The arguments as the ledger keeps them: in place of what the operator has named stands a keyed digest, by which equal values are seen to be
 * equal, and which nobody can make who has not the fleet's seal key.
 */
export function redactedArguments(
  text: string,
  { redact: pointers = [] }: Pick<ToolConfig, 'redact'>,
  { all: [sealKey] }: SealKeys,
): Redacted {
  if (pointers.length === 0) return { text, redacted: [] };
  return redact(text, pointers, (value) => `redacted:${createHmac('sha256', keyOf(sealKey)).update(value).digest('base64url')}`);
}

/** A key of its own, derived once (HKDF-SHA256, RFC 5869). */
function keyOf(sealKey: Buffer): Buffer {
  const known = keys.get(sealKey) ?? Buffer.from(hkdfSync('sha256', sealKey, '', 'cdk-mcp-fleet redaction v1', 32));
  keys.set(sealKey, known);
  return known;
}

const keys = new WeakMap<Buffer, Buffer>();
