import { randomUUID } from 'node:crypto';
import type { ErrorName, FleetError } from '../../core/errors';
import { type LedgerRow, ledgerKey } from '../../ledger/row';
import type { Identified } from '../call';
import { type RowParts, whose } from './new-row';

/** Refusals of an agent rather than of a message: each leaves a row, also where it was no call that was refused. */
const DENIALS: readonly ErrorName[] = ['SERVER_DENIED', 'AUTHORIZER_UNAVAILABLE', 'TASK_BUDGET'];

export function isDenial({ kind }: FleetError): boolean {
  return DENIALS.includes(kind);
}

/** Longest name of a method that a row keeps, in characters; those of the protocol are far shorter. */
const METHOD_LIMIT = 100;

type Denied = Pick<Identified, 'exchange' | 'agent' | 'agentId' | 'server' | 'task' | 'sessionId' | 'message'>;

/** The row of a request that was no tool call: who asked which server for what, and why it was refused. */
export function denialRow(denied: Denied, reason: string, { replica, now }: Pick<RowParts, 'replica' | 'now'>): LedgerRow {
  const { agentId, server, message } = denied;
  const at = now();
  const callId = randomUUID();
  const method = methodOf(denied).slice(0, METHOD_LIMIT);
  return {
    pk: ledgerKey(server, agentId, `c:${callId}`),
    callId,
    ...whose(denied),
    method,
    tool: method,
    argumentsDigest: '',
    arguments: '{}',
    ...(message !== undefined && { era: message.era }),
    stateChanging: false,
    state: 'not_executed',
    reason,
    fence: randomUUID(),
    owner: replica,
    claimedAt: at,
    settledAt: at,
    leaseUntil: at,
  };
}

function methodOf({ message, exchange }: Denied): string {
  if (message === undefined) return exchange.request.method ?? '';
  return message.kind === 'response' ? 'response' : message.method;
}
