import { createHash } from 'node:crypto';

/**
 * The name of a session in the directory and the ledger: a digest of the id that the agent holds, so that neither
 * table can be used to take a session over.
 */
export function sessionKey(sealedId: string): string {
  return createHash('sha256').update(sealedId).digest('base64url').slice(0, 32);
}
