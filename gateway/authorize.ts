import { FleetError } from '../core/errors';
import { isObject } from '../core/message';
import { checkParamHeaders } from '../core/param-headers';
import { allowsTool, type Decision, deniesTool } from '../core/policy';
import { toolConfigOf, UNDECLARED_TOOL } from '../core/tool-config';
import type { Authorized, Identified, Lane, ToolCall } from './call';
import type { Gateway } from './gateway';

/** Asks whether this agent may use this server and, for a call, this tool. The list that an agent sees is filtered, but it is here that a call is refused. */
export async function authorize(identified: Identified, gateway: Gateway): Promise<Authorized> {
  const { server, toolCall, lane } = identified;
  const decision = await authorizeServer(identified, gateway);
  if (toolCall !== undefined && !mayCall(toolCall, lane, decision)) {
    throw new FleetError('DENIED', { reason: `no grant lets this agent call "${toolCall.tool}" of "${server}"`, callId: toolCall.callId });
  }
  await checkParams(identified, gateway);
  return { ...identified, ...(toolCall !== undefined && { toolCall: await heardOut(toolCall, identified, gateway) }), decision };
}

/** A trusted server is asked what an undeclared tool does; only who may call it has it asked. */
async function heardOut(toolCall: ToolCall, { server, serverConfig }: Identified, gateway: Gateway): Promise<ToolCall> {
  if (toolCall.policy !== UNDECLARED_TOOL) return toolCall;
  const facts = await gateway.catalogue.trusted(server, toolCall.tool, gateway);
  return facts === undefined ? toolCall : { ...toolCall, policy: toolConfigOf(serverConfig, toolCall.tool, facts.readOnly) };
}

/** The gateway's own tool needs no grant beyond the server's: it tells an agent of its own calls only. */
function mayCall({ tool }: ToolCall, lane: Lane, decision: Decision): boolean {
  return lane === 'ask' ? !deniesTool(decision, tool) : allowsTool(decision, tool);
}

/** @throws FleetError SERVER_DENIED, AUTHORIZER_UNAVAILABLE */
export async function authorizeServer({ agent, server }: Pick<Identified, 'agent' | 'server'>, gateway: Gateway): Promise<Decision> {
  const decision = await gateway.decisions.of(agent, server);
  if (decision.effect === 'deny') throw new FleetError('SERVER_DENIED', { reason: decision.reason });
  return decision;
}

/** The headers that the tool's schema asks for must repeat its arguments; only who may call it learns what they are. */
async function checkParams({ lane, toolCall, message, server, exchange }: Identified, gateway: Gateway): Promise<void> {
  if (lane !== 'call' || toolCall === undefined || message?.kind !== 'request' || message.era !== 'modern') return;
  const wanted = await gateway.catalogue.paramHeaders(server, toolCall.tool, gateway);
  const { arguments: args } = message.params;
  checkParamHeaders(wanted, isObject(args) ? args : {}, (name) => exchange.header(name));
}
