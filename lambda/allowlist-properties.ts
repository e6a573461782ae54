import type { Agent } from '../core/agent';
import { SERVER_NAME } from '../core/fleet-config';
import { fitsGrant, GRANT_LIMIT_BYTES, GRANT_LIMIT_TOOLS, isToolName } from '../core/tool-name';

/** One grant of a `Custom::McpFleetAllowlist`, checked. */
export interface Grant {
  readonly server: string;
  readonly tools: readonly string[];
  /** Seconds since the epoch. */
  readonly expiresAt?: number;
}

export interface AllowlistProperties {
  readonly agent: Agent;
  /** The agent's name in construct code. */
  readonly name: string;
  readonly grants: readonly Grant[];
}

/**
 * Reads the resource's properties, where CloudFormation has turned every scalar into a string.
 * @throws Error that lists every problem, by property, with the value got
 */
export function readAllowlistProperties(properties: Record<string, unknown>): AllowlistProperties {
  const problems: string[] = [];
  const text = (name: string) => {
    const value = properties[name];
    if (typeof value === 'string' && value !== '') return value;
    problems.push(`${name} must be a non-empty string; got ${show(value)}`);
    return '';
  };
  const agent = { issuer: text('Issuer'), subject: text('Subject') };
  if (agent.issuer && !URL.canParse(agent.issuer)) problems.push(`Issuer must be an absolute URL; got ${show(agent.issuer)}`);
  const name = text('Name');

  const listed = properties.Grants ?? [];
  if (!Array.isArray(listed)) problems.push(`Grants must be a list; got ${show(listed)}`);
  const grants = Array.isArray(listed) ? listed.map((grant, i) => readGrant(grant, `Grants[${i}]`, problems)) : [];
  const servers = grants.map((grant) => grant.server).filter(Boolean);
  const twice = servers.find((server, i) => servers.indexOf(server) !== i);
  if (twice) problems.push(`Grants names the server "${twice}" twice; put its tools into one grant`);

  if (problems.length > 0) throw new Error(`Custom::McpFleetAllowlist cannot be applied: ${problems.join('; ')}`);
  return { agent, name, grants };
}

function readGrant(grant: unknown, at: string, problems: string[]): Grant {
  const { Server: server, Tools: tools, ExpiresAt: expires } = (grant ?? {}) as Record<string, unknown>;
  if (typeof server !== 'string' || !SERVER_NAME.test(server)) {
    problems.push(`${at}.Server must match ${SERVER_NAME}; got ${show(server)}`);
  }
  if (!Array.isArray(tools) || tools.length === 0 || !tools.every(isToolName) || !fitsGrant(tools)) {
    const limits = `1 to ${GRANT_LIMIT_TOOLS} tool names of ${GRANT_LIMIT_BYTES} bytes in all`;
    problems.push(`${at}.Tools must be a list of ${limits} ("*" for all); got ${show(tools)}`);
  }
  const expiresAt = expires === undefined ? undefined : Number(expires);
  if (expiresAt !== undefined && !(Number.isInteger(expiresAt) && expiresAt > 0)) {
    problems.push(`${at}.ExpiresAt must be whole seconds since the epoch; got ${show(expires)}`);
  }
  return { server: String(server ?? ''), tools: tools as string[], ...(expiresAt !== undefined && { expiresAt }) };
}

function show(value: unknown): string {
  return (JSON.stringify(value) ?? 'nothing').slice(0, 120);
}
