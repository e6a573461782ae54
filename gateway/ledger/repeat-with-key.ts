import { FleetError } from '../../core/errors';
import type { FleetConfig } from '../../core/fleet-config';
import type { LedgerRow } from '../../core/ledger';
import type { JsonObject } from '../../core/message';
import { KEY_META } from '../../core/meta';
import type { Catalogue } from '../upstream/catalogue';
import type { OwnCalls } from '../upstream/own-call';
import { type Finding, NOTHING } from './finding';
import { argumentsOf } from './kept-text';

export interface RepeatParts {
  readonly config: Pick<FleetConfig, 'servers'>;
  readonly catalogue: Catalogue;
  readonly ownCalls: OwnCalls;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/**
 * Sends a call again to a server that takes it for a repetition: one that honours keys by declaration, or whose
 * `idempotentHint` is trusted. Of the latter only a result shows something: that the same call fails now does not mean
 * that it failed before.
 */
export async function repeatWithKey(row: LedgerRow, { config, catalogue, ownCalls, now }: RepeatParts): Promise<Finding | undefined> {
  const args = argumentsOf(row);
  // What a continuation carried is not kept, so it cannot be said again.
  if (args === undefined || row.continuation === true) return undefined;
  const honoured = row.idempotencyKey !== undefined && config.servers[row.server]?.tools[row.tool]?.honoursKey === true;
  if (!honoured && (await catalogue.trusted(row.server, row.tool))?.idempotent !== true) return undefined;
  const { server, agent, callId, tool, idempotencyKey } = row;
  try {
    const context = { agent, server, callId, claimed: true };
    const _meta: JsonObject = idempotencyKey === undefined ? {} : { [KEY_META]: idempotencyKey };
    const facts = await ownCalls.call({ name: tool, arguments: args, _meta }, context);
    if (facts.inputRequired || (!honoured && (facts.isError || facts.toolError))) return NOTHING;
    const text = `{"jsonrpc":"2.0","id":null,"${facts.isError ? 'error' : 'result'}":${facts.payload}}`;
    return { kind: 'answer', answer: { text }, by: 'same_key', because: 'sent again to a server that takes it for the same call' };
  } catch (error) {
    if (FleetError.is(error)) return { kind: 'none', until: now() };
    throw error;
  }
}
