import type { Ask } from './ask';
import { attempt } from './attempt';
import { isFleetAnswer } from './fleet-error';
import type { Recovery } from './recovery';

/** A call that names no tool: nothing can be executed by it, and only a gateway of ours explains so in `error.data`. */
const NAMELESS_CALL = { jsonrpc: '2.0', id: 'cdk-mcp-fleet-probe', method: 'tools/call', params: {} };

/**
 * Finds out whether an endpoint honours idempotency keys, before a call whose answer was lost is sent there again: a plain
 * MCP server ignores them and would execute it twice.
 * @returns undefined when there was no answer that tells
 */
export async function honoursKeys(ask: Ask, recovery: Recovery): Promise<boolean | undefined> {
  if (ask.endpoint.isFleet) return true;
  const probe = attempt({ ...ask, body: JSON.stringify(NAMELESS_CALL), message: NAMELESS_CALL }, recovery);
  let next = await probe.next();
  while (!next.done) next = await probe.next();
  const seen = next.value;
  if (seen.kind === 'bare') await seen.head.body?.cancel();
  if (seen.kind !== 'answer' || seen.message === undefined) return undefined;
  ask.endpoint.isFleet = isFleetAnswer(seen.message);
  return ask.endpoint.isFleet;
}
