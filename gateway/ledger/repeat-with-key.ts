import { FleetError } from '../../core/errors';
import type { FleetConfig } from '../../core/fleet-config';
import type { JsonObject } from '../../core/message';
import { KEY_META } from '../../core/meta';
import { resultFacts } from '../../core/reading/server-message';
import { type Finding, NOTHING } from '../../ledger/finding';
import { argumentsOf } from '../../ledger/kept-text';
import type { LedgerRow } from '../../ledger/row';
import type { Catalogue } from '../upstream/catalogue';
import type { OwnCalls } from '../upstream/own-call';
import type { StandingOrders } from './standing-orders';

export interface RepeatParts {
  readonly config: Pick<FleetConfig, 'servers'>;
  readonly catalogue: Catalogue;
  readonly ownCalls: OwnCalls;
  readonly orders: Pick<StandingOrders, 'refusalOf'>;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/**
 * Sends a call again to a server that takes it for a repetition: one that honours keys by declaration, or whose
 * `idempotentHint` is trusted. Of the latter only a result shows something: that the same call fails now does not mean
 * that it failed before.
 */
export async function repeatWithKey(
  row: LedgerRow,
  { config, catalogue, ownCalls, orders, now }: RepeatParts,
): Promise<Finding | undefined> {
  // It may never have arrived: then this would be its execution.
  if (orders.refusalOf(row) !== undefined) return undefined;
  const args = await argumentsOf(row);
  // What a continuation carried is not kept, nor what was redacted, so it cannot be said again.
  if (args === undefined || row.continuation === true || row.redacted !== undefined) return undefined;
  const honoured = row.idempotencyKey !== undefined && config.servers[row.server]?.tools[row.tool]?.honoursKey === true;
  if (!honoured && (await catalogue.trusted(row.server, row.tool))?.idempotent !== true) return undefined;
  const { server, agent, callId, tool, idempotencyKey } = row;
  try {
    const context = { agent, server, callId, claimed: true };
    const _meta: JsonObject = idempotencyKey === undefined ? {} : { [KEY_META]: idempotencyKey };
    const response = await ownCalls.call({ name: tool, arguments: args, _meta }, context);
    if (!honoured && response.member === 'error') return NOTHING;
    const { inputRequired, toolError } = resultFacts(response.payload, 'modern');
    if (response.member === 'result' && (inputRequired || (!honoured && toolError))) return NOTHING;
    return { kind: 'answer', answer: { response }, by: 'same_key', because: 'sent again to a server that takes it for the same call' };
  } catch (error) {
    if (FleetError.is(error)) return { kind: 'none', until: now() };
    throw error;
  }
}
