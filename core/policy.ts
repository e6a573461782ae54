import type { Agent } from './agent';
import type { AgentTerms } from './agent-terms';
import type { ArgumentConditions } from './argument-condition';

/** Longest that a decision may be kept, in seconds, by whoever has asked for it. */
export const DECISION_SECONDS = 30;

/** What the gateway asks the authorizer function by direct invoke. */
export interface AuthorizeRequest {
  readonly kind: 'mcp-fleet.authorize';
  readonly agent: Agent;
  readonly server: string;
}

/** How often a tool may be called, by all of an agent's clients together. */
export interface CallLimit {
  readonly calls: number;
  /** Of an hour of the clock (UTC), or of one task, for which its agent has the name. */
  readonly per: 'task' | 'hour';
}

/** One tool that is granted within bounds. */
export interface ToolRule {
  readonly tool: string;
  /** What its arguments must be. */
  readonly when?: ArgumentConditions;
  readonly atMost?: CallLimit;
}

/** One row of the allowlist table, key `agent` + `entry`. */
export interface AllowlistEntry {
  /** agentId of the principal; partition key. */
  readonly agent: string;
  /** `{server}#{effect}#{source}`; sort key. `server` may be `*` in a deny. */
  readonly entry: string;
  readonly server: string;
  readonly effect: 'allow' | 'deny';
  /** Tool names; `*` stands for all. */
  readonly tools: readonly string[];
  /** Tools that are granted within bounds, beside those. */
  readonly rules?: readonly ToolRule[];
  /** Patterns of URIs; `*` stands for all. */
  readonly resources?: readonly string[];
  /** Patterns of names of prompts. */
  readonly prompts?: readonly string[];
  /** Who wrote the entry: `cdk` for grants in construct code. */
  readonly source: string;
  readonly issuer: string;
  readonly subject: string;
  /** Of what an operator wrote: who did, and why. */
  readonly by?: string;
  readonly reason?: string;
  /** The agent's name in construct code, for people. */
  readonly name?: string;
  /** Seconds since the epoch; from then on the entry does not count. TTL deletion may lag by days. */
  readonly expiresAt?: number;
  /** The same in each row of an agent that construct code wrote. */
  readonly terms?: AgentTerms;
}

/** What an agent may do on one server. */
export interface Decision {
  readonly effect: 'allow' | 'deny';
  /** Tools that may be called; `*` stands for all. Empty when denied. */
  readonly tools: readonly string[];
  /** Tools that may be called within bounds. A gateway that does not know of them lets nobody call these. */
  readonly rules?: readonly ToolRule[];
  /** Tools that may not, whatever else is said. */
  readonly deniedTools: readonly string[];
  /** Patterns of URIs that may be read, and of those that may not. */
  readonly resources?: readonly string[];
  readonly deniedResources?: readonly string[];
  /** Patterns of names of prompts, likewise. */
  readonly prompts?: readonly string[];
  readonly deniedPrompts?: readonly string[];
  /** One sentence for the audit row and the caller. */
  readonly reason: string;
  /** Seconds since the epoch when the decision stops being true by itself. */
  readonly expiresAt?: number;
  /** On what terms it does so. */
  readonly terms?: AgentTerms;
}

/**
 * The one policy function: nothing is allowed by default, a deny wins over every allow, expired entries do not count.
 * @param entries the agent's rows of the allowlist, of any server
 * @param now seconds since the epoch
 */
export function decide(entries: readonly AllowlistEntry[], server: string, now: number): Decision {
  const current = entries.filter((e) => (e.server === server || e.server === '*') && (e.expiresAt === undefined || e.expiresAt > now));
  const denies = current.filter((e) => e.effect === 'deny');
  const allows = current.filter((e) => e.effect === 'allow');
  const ends = current.map((e) => e.expiresAt).filter((at): at is number => at !== undefined);
  const expiry = ends.length > 0 ? { expiresAt: Math.min(...ends) } : {};

  const banned = denies.find((e) => e.tools.includes('*'));
  if (banned) return deny(`an explicit deny (${banned.source}) covers every tool of "${server}"`, expiry);
  if (allows.length === 0) return deny(`no grant lets this agent use "${server}"`, expiry);
  const all = (list: readonly AllowlistEntry[], kind: 'tools' | 'resources' | 'prompts') => unique(list.flatMap((e) => e[kind] ?? []));
  const terms = allows.find((e) => e.terms !== undefined)?.terms;
  return {
    effect: 'allow',
    tools: all(allows, 'tools'),
    rules: allows.flatMap((e) => e.rules ?? []),
    deniedTools: all(denies, 'tools'),
    resources: all(allows, 'resources'),
    deniedResources: all(denies, 'resources'),
    prompts: all(allows, 'prompts'),
    deniedPrompts: all(denies, 'prompts'),
    reason: `granted by ${unique(allows.map((e) => e.source)).join(', ')}`,
    ...expiry,
    ...(terms !== undefined && { terms }),
  };
}

function deny(reason: string, expiry: { expiresAt?: number }): Decision {
  return { effect: 'deny', tools: [], deniedTools: [], reason, ...expiry };
}

function unique(values: readonly string[]): string[] {
  return [...new Set(values)].sort();
}
