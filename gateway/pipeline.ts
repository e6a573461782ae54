import { type AdmitParts, admit } from './admit';
import { type AuthorizeParts, authorize } from './authorize';
import type { Claimed, Identified } from './call';
import { type ClaimParts, claim } from './claim';
import { type ForwardParts, forward } from './forward';
import { type BatchParts, serveBatch } from './http/batch';
import type { Exchange } from './http/exchange';
import { type IdentifyParts, identify } from './identify';
import { type RecordParts, record, recordRefusal } from './record';
import { type RespondParts, respond, respondRefusal } from './respond';
import { type RouteParts, route } from './route';

export type PipelineParts = IdentifyParts &
  BatchParts &
  AuthorizeParts &
  AdmitParts &
  RouteParts &
  ClaimParts &
  ForwardParts &
  RecordParts &
  RespondParts;

/**
 * The path of a call, in order. Each stage takes what the one before it gives; a stage that cannot go on throws a
 * `FleetError`, which says what became of the call, and every exit is recorded before it is answered.
 *
 * | stage     | does                                                        | may end as                                            |
 * |-----------|-------------------------------------------------------------|-------------------------------------------------------|
 * | identify  | token → agent, bytes → one classified message               | 400 · 401 · 403 ORIGIN_DENIED · 404 · 413             |
 * | authorize | the authorizer's decision, cached; the rule of the tool     | SERVER_DENIED · DENIED · AUTHORIZER_UNAVAILABLE        |
 * | admit     | a bound on what one server may have under way               | AT_CAPACITY                                           |
 * | route     | sealed session id → instance; else one that has a free slot | 404 UNKNOWN_SESSION · AT_CAPACITY · TASK_BUDGET       |
 * | claim     | a state-changing call is written down before a byte is sent | a replay · CALL_LIMIT · IN_PROGRESS · KEY_REUSED · KEY_REQUIRED · FROZEN · OUTCOME_UNKNOWN · LEDGER_UNAVAILABLE |
 * | forward   | the bytes go to the server, or the ledger has the answer    | NOT_DELIVERED · OUTCOME_UNKNOWN · AT_CAPACITY · 404   |
 * | record    | the outcome is durable                                      | LEDGER_UNAVAILABLE (reads only) · TASK_BUDGET         |
 * | respond   | the stamped answer leaves                                   |                                                       |
 */
export async function serve(exchange: Exchange, parts: PipelineParts): Promise<void> {
  let reached: Identified | Claimed | undefined;
  try {
    const identified = await identify(exchange, parts);
    reached = identified;
    if (identified.lane === 'batch') return await serveBatch(identified, parts, (part) => serve(part, parts));
    const authorized = await authorize(identified, parts);
    const admitted = admit(authorized, parts);
    const routed = await route(admitted, parts);
    const claimed = await claim(routed, parts);
    reached = claimed;
    const forwarded = await forward(claimed, parts);
    const recorded = await record(forwarded, parts);
    respond(recorded, parts);
  } catch (error) {
    const refusal = await recordRefusal(error, reached, parts);
    respondRefusal(refusal, exchange, reached, parts);
  } finally {
    exchange.served.end();
  }
}
