import { FleetError } from '../core/errors';
import { isObject } from '../core/message';
import { checkParamHeaders } from '../core/param-headers';
import { allowsTool, type Decision, deniesTool } from '../core/policy';
import { toolConfigOf, UNDECLARED_TOOL } from '../core/tool-config';
import type { Authorized, Identified, Lane, ToolCall } from './call';
import type { Decisions } from './identity/decisions';
import type { Catalogue } from './upstream/catalogue';

export interface AuthorizeParts {
  readonly decisions: Decisions;
  readonly catalogue: Catalogue;
}

/** Asks whether this agent may use this server and, for a call, this tool. The list that an agent sees is filtered, but it is here that a call is refused. */
export async function authorize(identified: Identified, { decisions, catalogue }: AuthorizeParts): Promise<Authorized> {
  const { server, toolCall, lane } = identified;
  const decision = await authorizeServer(identified, decisions);
  if (toolCall !== undefined && !mayCall(toolCall, lane, decision)) {
    throw new FleetError('DENIED', { reason: `no grant lets this agent call "${toolCall.tool}" of "${server}"`, callId: toolCall.callId });
  }
  await checkParams(identified, catalogue);
  return { ...identified, ...(toolCall !== undefined && { toolCall: await heardOut(toolCall, identified, catalogue) }), decision };
}

/** A trusted server is asked what an undeclared tool does; only who may call it has it asked. */
async function heardOut(toolCall: ToolCall, { server, serverConfig }: Identified, catalogue: Catalogue): Promise<ToolCall> {
  if (toolCall.policy !== UNDECLARED_TOOL) return toolCall;
  const facts = await catalogue.trusted(server, toolCall.tool);
  return facts === undefined ? toolCall : { ...toolCall, policy: toolConfigOf(serverConfig, toolCall.tool, facts.readOnly) };
}

/** The gateway's own tool needs no grant beyond the server's: it tells an agent of its own calls only. */
function mayCall({ tool }: ToolCall, lane: Lane, decision: Decision): boolean {
  return lane === 'ask' ? !deniesTool(decision, tool) : allowsTool(decision, tool);
}

/** @throws FleetError SERVER_DENIED, AUTHORIZER_UNAVAILABLE */
export async function authorizeServer({ agent, server }: Pick<Identified, 'agent' | 'server'>, decisions: Decisions): Promise<Decision> {
  const decision = await decisions.of(agent, server);
  if (decision.effect === 'deny') throw new FleetError('SERVER_DENIED', { reason: decision.reason });
  return decision;
}

/** The headers that the tool's schema asks for must repeat its arguments; only who may call it learns what they are. */
async function checkParams({ lane, toolCall, message, server, exchange }: Identified, catalogue: Catalogue): Promise<void> {
  if (lane !== 'call' || toolCall === undefined || message?.kind !== 'request' || message.era !== 'modern') return;
  const wanted = await catalogue.paramHeaders(server, toolCall.tool);
  const { arguments: args } = message.params;
  checkParamHeaders(wanted, isObject(args) ? args : {}, (name) => exchange.header(name));
}
