import { randomUUID } from 'node:crypto';
import { DEFAULT_KEY_LIFETIME_SECONDS, type FleetConfig, type ServerConfig } from '../../core/fleet-config';
import type { SealedSession } from '../../core/sealed-session';
import { sessionKey } from '../../core/session-key';
import { encodeText } from '../../ledger/kept-text';
import { type LedgerRow, ledgerKey } from '../../ledger/row';
import type { Identified, ToolCall } from '../call';
import type { SealKeys } from '../identity/seal-keys';
import { longestCallMs } from '../upstream/call-deadline';
import { redactedArguments } from './redacted-arguments';

/** A claim's owner gives up before its lease does. */
export function leaseMs(server: Pick<ServerConfig, 'longestCallSeconds'> = {}): number {
  return longestCallMs(server) + 60_000;
}

/** What a new row says of the replica that writes it. */
export interface RowParts {
  readonly config: Pick<FleetConfig, 'keyLifetimeSeconds'>;
  readonly replica: string;
  readonly sealKeys: SealKeys;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** What a row says of its call. */
type Called = Pick<Identified, 'agent' | 'agentId' | 'server' | 'serverConfig' | 'task' | 'sessionId' | 'message'> & {
  readonly toolCall: ToolCall;
};

/**
 * The row of one call in the state `claimed`. A caller's key and a call id never meet: one is prefixed `k:`, the other `c:`.
 * @param key which of the two names the row
 */
export async function newRow(
  call: Called & { session?: SealedSession; bond?: { cookie: string } },
  parts: RowParts,
  key: 'idempotencyKey' | 'callId',
): Promise<LedgerRow> {
  const { toolCall, agentId, server, session, bond, message } = call;
  const { callId, idempotencyKey, tool, wanted, digest, argumentsText, continuation, policy } = toolCall;
  const now = parts.now();
  const name = key === 'idempotencyKey' && idempotencyKey !== undefined ? `k:${idempotencyKey}` : `c:${callId}`;
  const kept = redactedArguments(argumentsText, policy, parts.sealKeys);
  const { text, encoding } = await encodeText(kept.text);
  const route = session?.cookie ?? bond?.cookie;
  return {
    pk: ledgerKey(server, agentId, name),
    callId,
    ...(idempotencyKey !== undefined && { idempotencyKey }),
    ...whose(call),
    tool,
    ...(wanted !== undefined && { method: tool }),
    argumentsDigest: digest.digest,
    digestVersion: digest.version,
    arguments: text,
    ...(encoding !== undefined && { argumentsEncoding: encoding }),
    ...(kept.redacted.length > 0 && { redacted: kept.redacted }),
    ...(message !== undefined && { era: message.era }),
    ...(continuation === true && { continuation }),
    stateChanging: policy.effect === 'state_changing',
    state: 'claimed',
    fence: randomUUID(),
    owner: parts.replica,
    ...(route !== undefined && { route }),
    claimedAt: now,
    leaseUntil: now + leaseMs(call.serverConfig),
    ...(policy.effect === 'state_changing' && { keyExpiresAt: now + keyLifetimeMs(parts.config) }),
  };
}

/** Who asked which server, in what task and session. */
export function whose({
  server,
  agent,
  agentId,
  task,
  sessionId,
}: Pick<Identified, 'server' | 'agent' | 'agentId' | 'task' | 'sessionId'>): Pick<
  LedgerRow,
  'server' | 'agent' | 'issuer' | 'subject' | 'task' | 'session'
> {
  return {
    server,
    agent: agentId,
    issuer: agent.issuer,
    subject: agent.subject,
    ...(task !== undefined && { task }),
    ...(sessionId !== undefined && { session: sessionKey(sessionId) }),
  };
}

/** How long a key names its call, in milliseconds. */
export function keyLifetimeMs({ keyLifetimeSeconds }: RowParts['config']): number {
  return (keyLifetimeSeconds ?? DEFAULT_KEY_LIFETIME_SECONDS) * 1_000;
}
