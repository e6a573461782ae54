import { hash } from 'node:crypto';
import { remembered } from './remembered';

/**
 * The name of a session in the directory and the ledger: a digest of the id that the agent holds, so that neither
 * table can be used to take a session over.
 */
export const sessionKey: (sealedId: string) => string = remembered(10_000, (sealedId) =>
  hash('sha256', sealedId, 'base64url').slice(0, 32),
);
