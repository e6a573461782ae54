import type { Agent } from '../core/agent';
import { type AgentTerms, areTerms, MOST } from '../core/agent-terms';
import { SERVER_NAME } from '../core/fleet-config';
import { patternProblem } from '../core/granted-pattern';
import type { ToolRule } from '../core/policy';
import { fitsGrant, GRANT_LIMIT_BYTES, GRANT_LIMIT_NAMES, isToolName } from '../core/tool-name';
import { areToolRules } from '../core/tool-rule';

/** One grant of a `Custom::McpFleetAllowlist`, checked. */
export interface Grant {
  readonly server: string;
  readonly effect: 'allow' | 'deny';
  readonly tools: readonly string[];
  /** Tools that are granted within bounds; absent where there are none. */
  readonly rules?: readonly ToolRule[];
  /** Patterns of URIs, and of names of prompts; absent where there are none. */
  readonly resources?: readonly string[];
  readonly prompts?: readonly string[];
  /** Seconds since the epoch. */
  readonly expiresAt?: number;
}

export interface AllowlistProperties {
  readonly agent: Agent;
  /** The agent's name in construct code. */
  readonly name: string;
  readonly grants: readonly Grant[];
  /** Absent where the agent has none of its own. */
  readonly terms?: AgentTerms;
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
  const entries = grants.filter(({ server }) => server !== '').map(({ server, effect }) => `${effect} of the server "${server}"`);
  const twice = entries.find((entry, i) => entries.indexOf(entry) !== i);
  if (twice) problems.push(`Grants has the ${twice} twice; put all that it names into one`);
  const terms = properties.Terms === undefined ? undefined : readTerms(properties.Terms, problems);

  if (problems.length > 0) throw new Error(`Custom::McpFleetAllowlist cannot be applied: ${problems.join('; ')}`);
  return { agent, name, grants, ...(terms !== undefined && { terms }) };
}

function readGrant(grant: unknown, at: string, problems: string[]): Grant {
  const {
    Server: server,
    Effect: effect = 'allow',
    Tools,
    Rules,
    Resources,
    Prompts,
    ExpiresAt: expires,
  } = (grant ?? {}) as Record<string, unknown>;
  if (typeof server !== 'string' || !SERVER_NAME.test(server)) {
    problems.push(`${at}.Server must match ${SERVER_NAME}; got ${show(server)}`);
  }
  if (effect !== 'allow' && effect !== 'deny') problems.push(`${at}.Effect must be "allow" or "deny"; got ${show(effect)}`);
  const rules = readRules(Rules, effect, `${at}.Rules`, problems);
  const tools = readNames(Tools, `${at}.Tools`, isToolName, 'tool names ("*" for all)', problems);
  const resources = readNames(Resources, `${at}.Resources`, isPattern('resource'), 'patterns of URIs', problems);
  const prompts = readNames(Prompts, `${at}.Prompts`, isPattern('prompt'), 'patterns of names', problems);
  const names = [...tools, ...rules.map(({ tool }) => tool), ...resources, ...prompts];
  if (names.length === 0 || !fitsGrant(names)) {
    const limits = `1 to ${GRANT_LIMIT_NAMES} tools, resources and prompts of ${GRANT_LIMIT_BYTES} bytes in all`;
    problems.push(`${at} must name ${limits}; got ${names.length}`);
  }
  const expiresAt = expires === undefined ? undefined : Number(expires);
  if (expiresAt !== undefined && !(Number.isInteger(expiresAt) && expiresAt > 0)) {
    problems.push(`${at}.ExpiresAt must be whole seconds since the epoch; got ${show(expires)}`);
  }
  return {
    server: String(server ?? ''),
    effect: effect as 'allow' | 'deny',
    tools,
    ...(rules.length > 0 && { rules }),
    ...(resources.length > 0 && { resources }),
    ...(prompts.length > 0 && { prompts }),
    ...(expiresAt !== undefined && { expiresAt }),
  };
}

function readNames(value: unknown = [], at: string, fits: (name: unknown) => boolean, what: string, problems: string[]): string[] {
  if (Array.isArray(value) && value.every(fits)) return value as string[];
  problems.push(`${at} must be a list of ${what}; got ${show(value)}`);
  return [];
}

/** Bounds of a deny would be read as one by whoever does not know them: it has none. */
function readRules(value: unknown = [], effect: unknown, at: string, problems: string[]): readonly ToolRule[] {
  const rules = Array.isArray(value) ? value.map(withNumbers) : value;
  if (areToolRules(rules) && (rules.length === 0 || effect === 'allow')) return rules;
  problems.push(`${at} must be bounds of tools that are granted; got ${show(value)}`);
  return [];
}

/** The number in a rule is a text here. */
function withNumbers(rule: unknown): unknown {
  const { atMost } = (rule ?? {}) as { readonly atMost?: { readonly calls?: unknown } };
  return atMost?.calls === undefined ? rule : { ...(rule as object), atMost: { ...atMost, calls: Number(atMost.calls) } };
}

function isPattern(kind: 'resource' | 'prompt'): (pattern: unknown) => boolean {
  return (pattern) => patternProblem(kind, pattern) === undefined;
}

function readTerms(value: unknown, problems: string[]): AgentTerms {
  const { Weight, SessionBudget } = (value ?? {}) as Record<string, unknown>;
  const { PerTask, PerAgent } = (SessionBudget ?? {}) as Record<string, unknown>;
  const sessionBudget = { ...given('perTask', PerTask), ...given('perAgent', PerAgent) };
  const terms = { ...given('weight', Weight), ...(Object.keys(sessionBudget).length > 0 && { sessionBudget }) };
  if (!areTerms(terms)) {
    const bounds = `Weight of 1 to ${MOST.weight}, SessionBudget.PerTask of 1 to ${MOST.perTask} and PerAgent of 1 to ${MOST.perAgent}`;
    problems.push(`Terms must be whole numbers, ${bounds}; got ${show(value)}`);
  }
  return terms;
}

function given(name: string, value: unknown): Record<string, number> {
  return value === undefined ? {} : { [name]: Number(value) };
}

function show(value: unknown): string {
  return (JSON.stringify(value) ?? 'nothing').slice(0, 120);
}
