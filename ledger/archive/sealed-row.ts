/** A row as the archive keeps it: ids, times, states and digests as they are, and all else sealed under its agent's key. */

import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import type { LedgerRow } from '../row';
import type { AgentKeys, SealingKey } from './agent-keys';

/** Part of a record: what of its row is personal, by AES-256-GCM. */
export interface SealedPart {
  /** agentId; {@link NOBODY} for what is no call of an agent. */
  readonly agent: string;
  /** Number of the agent's key. */
  readonly key: string;
  /** In base64, 96 bits. */
  readonly nonce: string;
  /** In base64: the ciphertext, and its tag of 128 bits. */
  readonly text: string;
}

/** Which record the part belongs to: in another one it does not open. */
export interface RecordName {
  readonly eventId: string;
  readonly pk: string;
}

/** Whose key seals what stands in the table and is no call. */
export const NOBODY = '-';

/** What of a row is not personal. What is not named here is sealed, also what later versions write. */
const PLAIN: ReadonlySet<string> = new Set<keyof LedgerRow>([
  ...(['pk', 'callId', 'idempotencyKey', 'server', 'agent', 'task', 'session', 'tool', 'method', 'era', 'continuation'] as const),
  ...(['stateChanging', 'state', 'digestVersion', 'argumentsEncoding', 'resultEncoding', 'resultIsError', 'owner', 'instance'] as const),
  ...(['claimedAt', 'sentAt', 'settledAt', 'resolvedAt', 'leaseUntil', 'keyExpiresAt', 'expiresAt'] as const),
]);
/** A word of the error registry, perhaps with the call that it refers to; any other reason is a sentence, in which anything may stand. */
const WORD = /^[A-Z][A-Z_]{1,60}(: [A-Za-z0-9-]{1,64})?$/;
const TAG_BYTES = 16;

export type PlainRow = Partial<LedgerRow> & Pick<LedgerRow, 'pk'>;

/** The two parts of a row. */
export function seal(row: LedgerRow, name: RecordName, agent: string, { id, key }: SealingKey): { row: PlainRow; sealed: SealedPart } {
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', ownKey(key, name), nonce);
  cipher.setAAD(bound(name, agent, id));
  const secret = Object.fromEntries(Object.entries(row).filter(([member, value]) => !isPlain(member, value)));
  const text = Buffer.concat([cipher.update(JSON.stringify(secret), 'utf8'), cipher.final(), cipher.getAuthTag()]).toString('base64');
  return { row: plainPart(row), sealed: { agent, key: id, nonce: nonce.toString('base64'), text } };
}

/** The whole row again. @throws Error where the key, or the record, is another one */
export function unseal(row: PlainRow, name: RecordName, { agent, key: id, nonce, text }: SealedPart, key: Buffer): LedgerRow {
  const decipher = createDecipheriv('aes-256-gcm', ownKey(key, name), Buffer.from(nonce, 'base64'), { authTagLength: TAG_BYTES });
  const bytes = Buffer.from(text, 'base64');
  decipher.setAAD(bound(name, agent, id));
  decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
  const secret = Buffer.concat([decipher.update(bytes.subarray(0, -TAG_BYTES)), decipher.final()]).toString('utf8');
  return { ...row, ...(JSON.parse(secret) as Partial<LedgerRow>) } as LedgerRow;
}

/** What can still be told of a row whose key is gone. @param word that stands for what cannot */
export function withoutSecrets(row: PlainRow, word: 'shredded' | 'unreadable'): LedgerRow {
  const { argumentsEncoding: _, resultEncoding: __, ...plain } = row;
  const secret = { issuer: word, subject: word, arguments: word, argumentsDigest: word, result: word, fence: '', unread: word };
  return { ...secret, ...plain } as LedgerRow;
}

/** A record's row, as far as it can be read. */
export async function openedRow(
  { row, sealed, ...name }: RecordName & { readonly row?: PlainRow; readonly sealed?: SealedPart },
  keys: Pick<AgentKeys, 'find'> | undefined,
): Promise<LedgerRow | undefined> {
  if (row === undefined || sealed === undefined) return row as LedgerRow | undefined;
  const key = (await keys?.find(sealed.agent, sealed.key)) ?? 'missing';
  if (key === 'shredded') return withoutSecrets(row, key);
  if (key === 'missing') return withoutSecrets(row, 'unreadable');
  try {
    return unseal(row, name, sealed, key);
  } catch {
    return withoutSecrets(row, 'unreadable');
  }
}

function plainPart({ history, ...row }: LedgerRow): PlainRow {
  const members = Object.entries(row).filter(([member, value]) => isPlain(member, value));
  // Who wrote each state, and why, is sealed with the rest.
  const steps = Array.isArray(history) && { history: history.map(({ at, state }) => ({ at, state })) };
  return { ...Object.fromEntries(members), ...steps } as unknown as PlainRow;
}

function isPlain(member: string, value: unknown): boolean {
  return member === 'reason' ? WORD.test(String(value)) : PLAIN.has(member);
}

/** A key for each record, so that no number of them wears the agent's key out (NIST SP 800-38D, 8.3: 2^32 by random nonces). */
function ownKey(key: Buffer, { eventId }: RecordName): Buffer {
  return Buffer.from(hkdfSync('sha256', key, eventId, 'cdk-mcp-fleet/archive', 32));
}

function bound({ eventId, pk }: RecordName, agent: string, id: string): Buffer {
  return Buffer.from(JSON.stringify([agent, id, eventId, pk]));
}
