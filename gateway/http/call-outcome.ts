import { FleetError } from '../../core/errors';
import { isKey, KEY_LIMIT_BYTES } from '../../core/key-demand';
import { type AuthorizeParts, authorizeServer } from '../authorize';
import { type Caller, type CallerParts, identifyCaller } from '../identity/caller';
import { type ReportParts, reportOutcome } from '../ledger/outcome-report';
import { type OutcomeParts, recordRefusal } from '../record';
import { type EndingParts, respondRefusal } from '../respond';
import type { Exchange } from './exchange';

export type CallOutcomeParts = CallerParts & Pick<AuthorizeParts, 'decisions'> & ReportParts & OutcomeParts & EndingParts;

/**
 * `GET /{server}/calls/{key}`: what became of a call, for the agent who made it. Refusals look as they do everywhere else.
 * @param encodedKey idempotency key or call id, percent-encoded
 */
export async function serveCallOutcome(exchange: Exchange, encodedKey: string, parts: CallOutcomeParts): Promise<void> {
  let caller: Caller | undefined;
  try {
    caller = await identifyCaller(exchange, parts);
    if (exchange.request.method !== 'GET') {
      throw new FleetError('METHOD_NOT_ALLOWED', { reason: `${exchange.request.method} is not GET`, headers: { allow: 'GET' } });
    }
    await authorizeServer(caller, parts.decisions);
    const { whole } = await reportOutcome(caller, decodeKey(encodedKey), parts);
    exchange.reply.finish(200, whole, { 'cache-control': 'no-store' });
  } catch (error) {
    respondRefusal(await recordRefusal(error, caller, parts), exchange, caller, parts);
  }
}

function decodeKey(encoded: string): string {
  let key: string | undefined;
  try {
    key = decodeURIComponent(encoded);
  } catch {
    // It is refused below.
  }
  if (isKey(key)) return key;
  throw new FleetError('INVALID_PARAMS', { reason: `the key in the path must be percent-encoded UTF-8 of 1 to ${KEY_LIMIT_BYTES} bytes` });
}
