import { FleetError } from '../core/errors';
import { allowsTool } from '../core/policy';
import type { Authorized, Identified } from './call';
import type { Gateway } from './gateway';

/** Asks whether this agent may use this server and, for a call, this tool. The list that an agent sees is filtered, but it is here that a call is refused. */
export async function authorize(identified: Identified, gateway: Gateway): Promise<Authorized> {
  const { agent, server, toolCall } = identified;
  const decision = await gateway.decisions.of(agent, server);
  if (decision.effect === 'deny') throw new FleetError('SERVER_DENIED', { reason: decision.reason });
  if (toolCall !== undefined && !allowsTool(decision, toolCall.tool)) {
    throw new FleetError('DENIED', { reason: `no grant lets this agent call "${toolCall.tool}" of "${server}"`, callId: toolCall.callId });
  }
  return { ...identified, decision };
}
