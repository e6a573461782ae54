import { randomUUID } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';
import { DEFAULT_KEY_LIFETIME_SECONDS } from '../../core/fleet-config';
import { type LedgerRow, ledgerKey } from '../../core/ledger';
import { isObject, type JsonObject } from '../../core/message';
import type { SealedSession } from '../../core/sealed-session';
import { sessionKey } from '../../core/session-key';
import type { Json } from '../../core/strict-json';
import type { Identified, ToolCall } from '../call';
import type { Gateway } from '../gateway';
import { CALL_TIMEOUT_MS } from '../upstream/upstreams';

/** Texts up to this many bytes are kept as they are; longer ones compressed. */
const PLAIN_LIMIT_BYTES = 32 * 1024;
/** Compressed texts beyond this are left out: two of them must fit into an item of 400 KB (DynamoDB limit). */
const STORED_LIMIT_BYTES = 180 * 1024;
/** A claim's owner gives up before its lease does. */
const LEASE_MS = CALL_TIMEOUT_MS + 60_000;

/**
 * The row of one call in the state `claimed`. A caller's key and a call id never meet: one is prefixed `k:`, the other `c:`.
 * @param key which of the two names the row
 */
export function newRow(
  call: Identified & { toolCall: ToolCall; session?: SealedSession; bond?: { cookie: string } },
  gateway: Gateway,
  key: 'idempotencyKey' | 'callId',
): LedgerRow {
  const { toolCall, agent, agentId, server, task, sessionId, session, bond } = call;
  const { callId, idempotencyKey, tool, digest, argumentsText, continuation, policy } = toolCall;
  const now = gateway.now();
  const name = key === 'idempotencyKey' && idempotencyKey !== undefined ? `k:${idempotencyKey}` : `c:${callId}`;
  const { text, encoding } = encodeText(argumentsText);
  const route = session?.cookie ?? bond?.cookie;
  return {
    pk: ledgerKey(server, agentId, name),
    callId,
    ...(idempotencyKey !== undefined && { idempotencyKey }),
    server,
    agent: agentId,
    issuer: agent.issuer,
    subject: agent.subject,
    ...(task !== undefined && { task }),
    ...(sessionId !== undefined && { session: sessionKey(sessionId) }),
    tool,
    argumentsDigest: digest,
    arguments: text,
    ...(encoding !== undefined && { argumentsEncoding: encoding }),
    ...(continuation === true && { continuation }),
    stateChanging: policy.effect === 'state_changing',
    state: 'claimed',
    fence: randomUUID(),
    owner: gateway.replica,
    ...(route !== undefined && { route }),
    claimedAt: now,
    leaseUntil: now + LEASE_MS,
    ...(policy.effect === 'state_changing' && { keyExpiresAt: now + keyLifetimeMs(gateway) }),
  };
}

function keyLifetimeMs({ config }: Gateway): number {
  return (config.keyLifetimeSeconds ?? DEFAULT_KEY_LIFETIME_SECONDS) * 1_000;
}

/** The arguments of a recorded call; undefined where they were too large to be kept. */
export function argumentsOf(row: LedgerRow): JsonObject | undefined {
  const text = decodeText({ text: row.arguments, ...(row.argumentsEncoding !== undefined && { encoding: row.argumentsEncoding }) });
  const value = text === undefined ? undefined : (JSON.parse(text) as Json);
  return isObject(value) ? value : undefined;
}

export interface EncodedText {
  readonly text: string;
  readonly encoding?: 'gzip' | 'omitted';
}

/** Fits a text into a row: as it is, compressed, or left out. */
export function encodeText(text: string): EncodedText {
  if (Buffer.byteLength(text) <= PLAIN_LIMIT_BYTES) return { text };
  const compressed = gzipSync(text).toString('base64');
  return compressed.length <= STORED_LIMIT_BYTES ? { text: compressed, encoding: 'gzip' } : { text: '', encoding: 'omitted' };
}

/** The text that was encoded; undefined when it was left out. */
export function decodeText({ text, encoding }: EncodedText): string | undefined {
  if (encoding === 'omitted') return undefined;
  return encoding === 'gzip' ? gunzipSync(Buffer.from(text, 'base64')).toString('utf8') : text;
}
