import { FleetError } from '../../core/errors';
import { isSettled, type LedgerRow, ledgerKey } from '../../core/ledger';
import { authorizeServer } from '../authorize';
import type { Gateway } from '../gateway';
import { identifyCaller } from '../identify';
import { lookAgain, reconsider } from '../ledger/outcome-watch';
import { decodeText } from '../ledger/row';
import { recordRefusal } from '../record';
import { respondRefusal } from '../respond';
import type { Exchange } from './exchange';

/**
 * `GET /{server}/calls/{key}`: what became of a call, for the agent who made it. Executes nothing and sends nothing to the
 * server; its instance is asked where the outcome is still open. Refusals look as they do everywhere else.
 * @param encodedKey idempotency key or call id, percent-encoded
 */
export async function serveCallOutcome(exchange: Exchange, encodedKey: string, gateway: Gateway): Promise<void> {
  try {
    const caller = await identifyCaller(exchange, gateway);
    if (exchange.request.method !== 'GET') {
      throw new FleetError('METHOD_NOT_ALLOWED', { reason: `${exchange.request.method} is not GET`, headers: { allow: 'GET' } });
    }
    await authorizeServer(caller, gateway);
    const row = await bringUpToDate(await findRow(caller, decodeKey(encodedKey), gateway), gateway);
    exchange.reply.finish(200, describe(row), { 'cache-control': 'no-store' });
    gateway.log.info({ event: 'outcome_asked', callId: row.callId, server: caller.server, agent: caller.agentId, state: row.state });
  } catch (error) {
    respondRefusal(await recordRefusal(error, undefined, gateway), exchange, undefined, gateway);
  }
}

function decodeKey(encoded: string): string {
  try {
    return decodeURIComponent(encoded);
  } catch {
    throw new FleetError('INVALID_PARAMS', { reason: 'the key in the path is not percent-encoded UTF-8' });
  }
}

/** The row's key begins with the agent who asks: no key leads to a row of another one. */
async function findRow({ server, agentId }: { server: string; agentId: string }, key: string, gateway: Gateway): Promise<LedgerRow> {
  for (const name of [`k:${key}`, `c:${key}`]) {
    const row = await gateway.ledger.read(ledgerKey(server, agentId, name));
    if (row !== undefined) return row;
  }
  throw new FleetError('UNKNOWN_CALL', { reason: `neither an idempotency key nor a call id on "${server}"` });
}

/** Evidence may have turned up since; a row whose gateway died has nobody else to settle it. */
async function bringUpToDate(row: LedgerRow, gateway: Gateway): Promise<LedgerRow> {
  if (row.state === 'unknown') return reconsider(row, gateway);
  return isSettled(row.state) ? row : lookAgain(row, gateway);
}

/** The result stands in it as the server wrote it: numbers that JavaScript cannot hold stay what they are. */
function describe(row: LedgerRow): string {
  const { callId, idempotencyKey, server, tool, state, settledAt, resolvedAt, resolutionReason, reason } = row;
  const facts = {
    callId,
    idempotencyKey,
    server,
    tool,
    ...(isSettled(state) ? { outcome: state } : { state }),
    settledAt: resolvedAt ?? settledAt,
    reason: resolutionReason ?? reason,
  };
  const kept = decodeText({ text: row.result ?? '', ...(row.resultEncoding !== undefined && { encoding: row.resultEncoding }) });
  const result = kept === undefined || kept === '' ? '' : `,"${row.resultIsError === true ? 'error' : 'result'}":${kept}`;
  return `${JSON.stringify(facts).slice(0, -1)}${result}}`;
}
