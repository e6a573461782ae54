import { admit } from './admit';
import { authorize } from './authorize';
import type { Claimed, Identified } from './call';
import { claim } from './claim';
import { forward } from './forward';
import type { Gateway } from './gateway';
import { serveBatch } from './http/batch';
import type { Exchange } from './http/exchange';
import { identify } from './identify';
import { record, recordRefusal } from './record';
import { respond, respondRefusal } from './respond';
import { route } from './route';

/**
 * The path of a call, in order. Each stage takes what the one before it gives; a stage that cannot go on throws a
 * `FleetError`, which says what became of the call, and every exit is recorded before it is answered.
 *
 * | stage     | does                                                        | may end as                                            |
 * |-----------|-------------------------------------------------------------|-------------------------------------------------------|
 * | identify  | token → agent, bytes → one classified message               | 400 · 401 · 403 ORIGIN_DENIED · 404 · 413             |
 * | authorize | the authorizer's decision, cached; the rule of the tool     | SERVER_DENIED · DENIED · AUTHORIZER_UNAVAILABLE        |
 * | admit     | a bound on what one server may have under way               | AT_CAPACITY                                           |
 * | route     | sealed session id → instance                                | 404 UNKNOWN_SESSION                                   |
 * | claim     | a state-changing call is written down before a byte is sent | a replay · IN_PROGRESS · KEY_REUSED · KEY_REQUIRED · OUTCOME_UNKNOWN · LEDGER_UNAVAILABLE |
 * | forward   | the bytes go to the server, or the ledger has the answer    | NOT_DELIVERED · OUTCOME_UNKNOWN · AT_CAPACITY · 404   |
 * | record    | the outcome is durable                                      | LEDGER_UNAVAILABLE (reads only)                       |
 * | respond   | the stamped answer leaves                                   |                                                       |
 */
export async function serve(exchange: Exchange, gateway: Gateway): Promise<void> {
  let reached: Identified | Claimed | undefined;
  try {
    const identified = await identify(exchange, gateway);
    reached = identified;
    if (identified.lane === 'batch') return await serveBatch(identified, gateway, serve);
    const authorized = await authorize(identified, gateway);
    const admitted = admit(authorized, gateway);
    const routed = await route(admitted, gateway);
    const claimed = await claim(routed, gateway);
    reached = claimed;
    const forwarded = await forward(claimed, gateway);
    const recorded = await record(forwarded, gateway);
    respond(recorded, gateway);
  } catch (error) {
    const refusal = await recordRefusal(error, reached, gateway);
    respondRefusal(refusal, exchange, reached, gateway);
  }
}
