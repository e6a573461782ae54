import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from 'node:crypto';

/**
 * What a sealed session id holds. Any gateway replica can open it, so the gateway tier needs no affinity.
 */
export interface SealedSession {
  /** `Mcp-Session-Id` that the server's instance gave. */
  readonly upstream: string;
  /** The load balancer's stickiness cookie value; absent for a remote server. */
  readonly cookie?: string;
  /** Counts restorations of the session; 0 for the instance that opened it. */
  readonly generation: number;
  /** Protocol revision that initialize negotiated. */
  readonly revision: string;
  /** Seconds since the epoch. */
  readonly issuedAt: number;
}

/** Who may open the id, and for which server: the authenticated data of the seal. */
export interface SessionBinding {
  readonly agent: string;
  readonly server: string;
}

/** Longest life of a session, in seconds: six days, one below the load balancer's longest cookie. */
export const SESSION_LIFETIME_SECONDS = 6 * 24 * 3600;

/** A session without requests, and without an open stream, ends after this long, in milliseconds. */
export const SESSION_IDLE_MS = 3_600_000;

/** Longest sealed id, in characters; other parties cut or refuse longer headers. */
export const SEALED_ID_LIMIT = 1024;

/** What is sealed: see {@link sealSession}. A change of it is a change of the words in {@link sealKey}. */
const MEMBERS = 5;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** AES-256 key of one secret, derived once (HKDF-SHA256, RFC 5869): a secret is text, not a key. */
export function sealKey(secret: string): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, '', 'cdk-mcp-fleet session id v1', 32));
}

/** Seals a session into an id of `[A-Za-z0-9_-]` (AES-256-GCM, random 96-bit nonce, NIST SP 800-38D). */
export function sealSession(session: SealedSession, binding: SessionBinding, key: Buffer): string {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES }).setAAD(boundTo(binding));
  const { upstream, cookie, generation, revision, issuedAt } = session;
  const text = JSON.stringify([upstream, cookie ?? null, generation, revision, issuedAt]);
  return Buffer.concat([nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]).toString('base64url');
}

/**
 * Opens an id. Undefined for one that is tampered with, too old, or sealed for another agent or server: all of them
 * are unknown sessions to the caller.
 * @param keys the current key, then those that are rotated out but still accepted
 * @param now seconds since the epoch
 */
export function openSession(id: string, binding: SessionBinding, keys: readonly Buffer[], now: number): SealedSession | undefined {
  if (id.length > SEALED_ID_LIMIT || !/^[\w-]+$/.test(id)) return undefined;
  const sealed = Buffer.from(id, 'base64url');
  // Base64 has spare bits: an id spelt otherwise would be the same session under another name.
  if (sealed.length <= NONCE_BYTES + TAG_BYTES || sealed.toString('base64url') !== id) return undefined;
  for (const key of keys) {
    const session = open(sealed, boundTo(binding), key);
    if (session !== undefined) return isOver(session, now) ? undefined : session;
  }
  return undefined;
}

/** Whether a session has lived as long as it may. @param now seconds since the epoch */
export function isOver({ issuedAt }: SealedSession, now: number): boolean {
  return now - issuedAt > SESSION_LIFETIME_SECONDS;
}

function open(sealed: Buffer, binding: Buffer, key: Buffer): SealedSession | undefined {
  const nonce = sealed.subarray(0, NONCE_BYTES);
  const tag = sealed.subarray(sealed.length - TAG_BYTES);
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES }).setAAD(binding).setAuthTag(tag);
  try {
    const text = Buffer.concat([decipher.update(sealed.subarray(NONCE_BYTES, sealed.length - TAG_BYTES)), decipher.final()]).toString(
      'utf8',
    );
    const members = JSON.parse(text) as readonly unknown[];
    // A later version that seals more has another key for it; whatever came by this one must not be read in part.
    if (members.length !== MEMBERS) return undefined;
    const [upstream, cookie, generation, revision, issuedAt] = members as [string, string | null, number, string, number];
    return { upstream, ...(cookie !== null && { cookie }), generation, revision, issuedAt };
  } catch {
    return undefined; // the tag does not fit: another key, another binding, or altered
  }
}

function boundTo({ agent, server }: SessionBinding): Buffer {
  return createHash('sha256').update(`${server}\0${agent}`).digest();
}
