import { isUsable } from '../core/definition-pins';
import { FleetError } from '../core/errors';
import { deniesTool, refusalOf } from '../core/granted';
import { isObject, type RequestMessage } from '../core/message';
import { METHODS } from '../core/methods';
import { checkParamHeaders } from '../core/param-headers';
import type { Decision } from '../core/policy';
import { toolConfigOf, UNDECLARED_TOOL } from '../core/tool-config';
import type { Authorized, Identified, ToolCall } from './call';
import type { Decisions } from './identity/decisions';
import type { OpenTasks } from './ledger/open-tasks';
import type { Catalogue } from './upstream/catalogue';

export interface AuthorizeParts {
  readonly decisions: Decisions;
  readonly catalogue: Catalogue;
  readonly openTasks: Pick<OpenTasks, 'isOf'>;
}

/**
 * Asks whether this agent may use this server and what it names there: a tool, a resource, a prompt, a task of its own. The lists that an
 * agent sees are filtered, but it is here that a request is refused.
 */
export async function authorize(identified: Identified, { decisions, catalogue, openTasks }: AuthorizeParts): Promise<Authorized> {
  const { toolCall, lane } = identified;
  const decision = await authorizeServer(identified, decisions);
  if (lane === 'unlisted') throw methodNotFound(identified);
  if (toolCall === undefined) return { ...identified, decision };
  const refusal = await whyNot(toolCall, identified, decision, openTasks);
  if (refusal !== undefined) throw new FleetError('DENIED', { reason: refusal, callId: toolCall.callId });
  if (lane !== 'call' && lane !== 'ask') return { ...unrecorded(identified), decision };
  if (toolCall.wanted !== undefined) return { ...identified, decision };
  if (lane === 'call' && identified.message?.era === 'modern') await checkParams(toolCall, identified, catalogue);
  const heard = toolCall.policy === UNDECLARED_TOOL ? await heardOut(toolCall, identified, catalogue) : toolCall;
  return { ...identified, toolCall: heard, decision };
}

/** As the SDKs' servers answer, so that clients which probe for an era find it (MCP 2026-07-28, § Error Codes). */
function methodNotFound({ message }: Identified): FleetError {
  const { method, era } = message as RequestMessage;
  const status = era === 'legacy' ? { status: 200 } : {};
  return new FleetError('METHOD_NOT_FOUND', { reason: `${JSON.stringify(method.slice(0, 100))} is none that passes here`, ...status });
}

/** A trusted server is asked what an undeclared tool does; only who may call it has it asked. */
async function heardOut(toolCall: ToolCall, { server, serverConfig }: Identified, catalogue: Catalogue): Promise<ToolCall> {
  const facts = await catalogue.trusted(server, toolCall.tool);
  return facts === undefined ? toolCall : { ...toolCall, policy: toolConfigOf(serverConfig, toolCall.tool, facts.readOnly) };
}

/** Why an agent may not ask this; undefined where it may. */
async function whyNot(
  { tool, wanted, argumentsText }: ToolCall,
  { lane, message, server, serverConfig, agentId }: Identified,
  decision: Decision,
  openTasks: AuthorizeParts['openTasks'],
): Promise<string | undefined> {
  // The gateway's own tool needs no grant beyond the server's: it tells an agent of its own calls only.
  if (lane === 'ask') return deniesTool(decision, tool) ? `a deny keeps this agent from "${tool}" of "${server}"` : undefined;
  if (wanted === undefined) {
    const refusal = refusalOf(decision, server, { kind: 'tool', name: tool, argumentsText });
    // Only who may call it learns what was reviewed.
    return refusal ?? (isUsable(serverConfig.pins, 'tools', tool) ? undefined : `nobody has approved the tool "${tool}" of "${server}"`);
  }
  const { method, params } = message as RequestMessage;
  if (METHODS[method]?.grant === 'task') {
    return (await openTasks.isOf({ server, agentId }, params.taskId))
      ? undefined
      : `no call of this agent on "${server}" goes on as this task`;
  }
  for (const one of wanted) {
    const refusal = refusalOf(decision, server, one);
    if (refusal !== undefined) return refusal;
    if (one.kind === 'prompt' && !isUsable(serverConfig.pins, 'prompts', one.name))
      return `nobody has approved the prompt ${JSON.stringify(one.name.slice(0, 200))} of "${server}"`;
  }
  return undefined;
}

/** What only a refusal of it is recorded of. */
function unrecorded({ toolCall: _, ...identified }: Identified): Identified {
  return identified;
}

/** @throws FleetError SERVER_DENIED, AUTHORIZER_UNAVAILABLE */
export async function authorizeServer({ agent, server }: Pick<Identified, 'agent' | 'server'>, decisions: Decisions): Promise<Decision> {
  const decision = await decisions.of(agent, server);
  if (decision.effect === 'deny') throw new FleetError('SERVER_DENIED', { reason: decision.reason });
  return decision;
}

/** The headers that the tool's schema asks for must repeat its arguments; only who may call it learns what they are. */
async function checkParams(toolCall: ToolCall, { message, server, exchange }: Identified, catalogue: Catalogue): Promise<void> {
  const wanted = await catalogue.paramHeaders(server, toolCall.tool);
  const { arguments: args } = (message as RequestMessage).params;
  checkParamHeaders(wanted, isObject(args) ? args : {}, (name) => exchange.header(name));
}
