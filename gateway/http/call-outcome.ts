import { FleetError } from '../../core/errors';
import { type AuthorizeParts, authorizeServer } from '../authorize';
import { type IdentifyParts, identifyCaller } from '../identify';
import { type ReportParts, reportOutcome } from '../ledger/outcome-report';
import { type OutcomeParts, recordRefusal } from '../record';
import { type EndingParts, respondRefusal } from '../respond';
import type { Exchange } from './exchange';

export type CallOutcomeParts = IdentifyParts & Pick<AuthorizeParts, 'decisions'> & ReportParts & OutcomeParts & EndingParts;

/**
 * `GET /{server}/calls/{key}`: what became of a call, for the agent who made it. Refusals look as they do everywhere else.
 * @param encodedKey idempotency key or call id, percent-encoded
 */
export async function serveCallOutcome(exchange: Exchange, encodedKey: string, parts: CallOutcomeParts): Promise<void> {
  try {
    const caller = await identifyCaller(exchange, parts);
    if (exchange.request.method !== 'GET') {
      throw new FleetError('METHOD_NOT_ALLOWED', { reason: `${exchange.request.method} is not GET`, headers: { allow: 'GET' } });
    }
    await authorizeServer(caller, parts.decisions);
    const { whole } = await reportOutcome(caller, decodeKey(encodedKey), parts);
    exchange.reply.finish(200, whole, { 'cache-control': 'no-store' });
  } catch (error) {
    respondRefusal(await recordRefusal(error, undefined, parts), exchange, undefined, parts);
  }
}

function decodeKey(encoded: string): string {
  try {
    return decodeURIComponent(encoded);
  } catch {
    throw new FleetError('INVALID_PARAMS', { reason: 'the key in the path is not percent-encoded UTF-8' });
  }
}
