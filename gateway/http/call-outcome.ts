import { FleetError } from '../../core/errors';
import { authorizeServer } from '../authorize';
import type { Gateway } from '../gateway';
import { identifyCaller } from '../identify';
import { reportOutcome } from '../ledger/outcome-report';
import { recordRefusal } from '../record';
import { respondRefusal } from '../respond';
import type { Exchange } from './exchange';

/**
 * `GET /{server}/calls/{key}`: what became of a call, for the agent who made it. Refusals look as they do everywhere else.
 * @param encodedKey idempotency key or call id, percent-encoded
 */
export async function serveCallOutcome(exchange: Exchange, encodedKey: string, gateway: Gateway): Promise<void> {
  try {
    const caller = await identifyCaller(exchange, gateway);
    if (exchange.request.method !== 'GET') {
      throw new FleetError('METHOD_NOT_ALLOWED', { reason: `${exchange.request.method} is not GET`, headers: { allow: 'GET' } });
    }
    await authorizeServer(caller, gateway);
    const { whole } = await reportOutcome(caller, decodeKey(encodedKey), gateway);
    exchange.reply.finish(200, whole, { 'cache-control': 'no-store' });
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
