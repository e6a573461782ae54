import { Validations } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { OUTCOME_TOOL } from '../core/outcome-tool';
import { grantedNameProblems } from './granted-names';
import { made, memberProblems } from './kinds';
import { McpAgent } from './mcp-agent';
import { didYouMean } from './nearest';
import { LOST_MEMBER, type Problem } from './problems';
import type { AddServerProps, CallDenialProps, CallGrantProps } from './server-props';
import { CALL_DENIAL, CALL_GRANT } from './server-shape';
import { asProperty } from './tool-names';

const AGENT = made(McpAgent, 'Make it by fleet.addAgent(name, { subject }).');

/** A server, as far as grants concern it. */
interface GrantingServer extends IConstruct {
  readonly _fleet: IConstruct;
  /** Whether it stands in another stack than its fleet. */
  readonly _isListed: boolean;
}

/** What is wrong with a grant: first what cannot be read at all. */
export function grantProblems(server: GrantingServer, agent: McpAgent, grant: CallGrantProps): Problem[] {
  const unreadable = [...AGENT('agent', agent), ...memberProblems('grant', grant, CALL_GRANT, 'grant ')];
  if (unreadable.length > 0) return unreadable;
  const { tools = [], when = {}, limits = {} } = grant;
  return [
    ...strangerProblems(server, agent),
    ...grantedNameProblems('grant', grant),
    ...boundedToolProblems('when', Object.keys(when), tools),
    ...boundedToolProblems('limits', Object.keys(limits), tools),
    ...Object.entries(when).flatMap(([tool, of]) =>
      Object.entries(of).flatMap(([name, argument]) => argument._problems(`grant when.${asProperty(tool)}.${asProperty(name)}`)),
    ),
    ...Object.entries(limits).flatMap(([tool, limit]) => limit._problems(`grant limits.${asProperty(tool)}`)),
    ...expiryProblems('grant', grant),
  ];
}

/** What is wrong with a denial. */
export function denialProblems(server: GrantingServer, agent: McpAgent, denial: CallDenialProps): Problem[] {
  const unreadable = [...AGENT('agent', agent), ...memberProblems('denial', denial, CALL_DENIAL, 'denial ')];
  if (unreadable.length > 0) return unreadable;
  return [...strangerProblems(server, agent), ...grantedNameProblems('denial', denial), ...expiryProblems('denial', denial)];
}

/** A bound of a tool that the grant does not name bounds nothing, and CDK loses one name. */
function boundedToolProblems(what: string, bounded: readonly string[], tools: readonly string[]): Problem[] {
  const unnamed = bounded.filter((tool) => !tools.includes(tool) || tool === '*' || tool === LOST_MEMBER);
  const fix = "Name each tool that is bounded in `tools`; '*' cannot be.";
  return unnamed.map((got) => ({ what: `grant ${what}`, got, allowed: 'tools that the grant names one by one', fix }));
}

/** Grants are rows of the agent's own fleet: one for a stranger would let it use that fleet's server of the same name. */
function strangerProblems({ _fleet: fleet, _isListed }: GrantingServer, agent: McpAgent): Problem[] {
  if (agent.node.scopes.includes(fleet) || (_isListed && agent._isImported)) return [];
  const { agentName, subject } = agent;
  const fix = `Name it here, too: addAgent('${agentName}', { subject: '${subject}' }) of ${fleet.node.path}, and grant to that one.`;
  return [{ what: 'agent', got: agent, allowed: `an agent of the server's own fleet, ${fleet.node.path}`, fix }];
}

function expiryProblems(what: string, { expires }: CallDenialProps): Problem[] {
  if (expires === undefined || !Number.isNaN(expires.date.getTime())) return [];
  return [
    { what: `${what} expires`, got: Number.NaN, allowed: 'a date', fix: "Write it in full: Expiration.atDate(new Date('2030-12-31'))." },
  ];
}

/**
 * Says what is allowed and probably not meant. A grant that has run out is no error: it was good when it was written, and an app that
 * could no longer be deployed from some day on would be worse.
 */
export function warnOfGrant(server: IConstruct, agent: McpAgent, { tools = [], expires }: CallGrantProps, declared: AddServerProps): void {
  const to = `The grant to agent "${agent.agentName}"`;
  if (expires !== undefined && expires.date.getTime() <= Date.now()) {
    const ended = expires.date.toISOString();
    warn(server, 'expiredGrant', `${to} expired at ${ended}: it allows nothing. Give it a later date, or remove it.`);
  }
  const names = Object.keys(declared.tools ?? {});
  if (names.length === 0 || declared.trustAnnotations === true) return;
  for (const tool of tools.filter((granted) => granted !== '*' && granted !== OUTCOME_TOOL && !names.includes(granted))) {
    const meant = didYouMean(tool, names, (near) => JSON.stringify(near));
    const effect = 'A tool that the server does not declare is taken for state-changing; one that it does not have is never called.';
    const shown = JSON.stringify(tool);
    warn(
      server,
      'undeclaredTool',
      `${to} names ${shown}; declared are: ${names.join(', ')}. ${meant}${effect} Declare it in tools, or correct the name.`,
    );
  }
}

function warn(server: IConstruct, id: string, text: string): void {
  Validations.of(server).addWarning(`cdk-mcp-fleet:${id}`, text);
}
