import { randomUUID } from 'node:crypto';
import { DEFAULT_KEY_LIFETIME_SECONDS, type FleetConfig } from '../../core/fleet-config';
import type { SealedSession } from '../../core/sealed-session';
import { sessionKey } from '../../core/session-key';
import { encodeText } from '../../ledger/kept-text';
import { type LedgerRow, ledgerKey } from '../../ledger/row';
import type { Identified, ToolCall } from '../call';
import { CALL_TIMEOUT_MS } from '../upstream/upstreams';

/** A claim's owner gives up before its lease does. */
const LEASE_MS = CALL_TIMEOUT_MS + 60_000;

/** What a new row says of the replica that writes it. */
export interface RowParts {
  readonly config: Pick<FleetConfig, 'keyLifetimeSeconds'>;
  readonly replica: string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/**
 * The row of one call in the state `claimed`. A caller's key and a call id never meet: one is prefixed `k:`, the other `c:`.
 * @param key which of the two names the row
 */
export async function newRow(
  call: Identified & { toolCall: ToolCall; session?: SealedSession; bond?: { cookie: string } },
  parts: RowParts,
  key: 'idempotencyKey' | 'callId',
): Promise<LedgerRow> {
  const { toolCall, agent, agentId, server, task, sessionId, session, bond, message } = call;
  const { callId, idempotencyKey, tool, digest, argumentsText, continuation, policy } = toolCall;
  const now = parts.now();
  const name = key === 'idempotencyKey' && idempotencyKey !== undefined ? `k:${idempotencyKey}` : `c:${callId}`;
  const { text, encoding } = await encodeText(argumentsText);
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
    argumentsDigest: digest.digest,
    digestVersion: digest.version,
    arguments: text,
    ...(encoding !== undefined && { argumentsEncoding: encoding }),
    ...(message !== undefined && { era: message.era }),
    ...(continuation === true && { continuation }),
    stateChanging: policy.effect === 'state_changing',
    state: 'claimed',
    fence: randomUUID(),
    owner: parts.replica,
    ...(route !== undefined && { route }),
    claimedAt: now,
    leaseUntil: now + LEASE_MS,
    ...(policy.effect === 'state_changing' && { keyExpiresAt: now + keyLifetimeMs(parts) }),
  };
}

function keyLifetimeMs({ config }: RowParts): number {
  return (config.keyLifetimeSeconds ?? DEFAULT_KEY_LIFETIME_SECONDS) * 1_000;
}
