import type { Agent } from './agent';

/** What the gateway asks the authorizer function by direct invoke. */
export interface AuthorizeRequest {
  readonly kind: 'mcp-fleet.authorize';
  readonly agent: Agent;
  readonly server: string;
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
  /** Who wrote the entry: `cdk` for grants in construct code. */
  readonly source: string;
  readonly issuer: string;
  readonly subject: string;
  /** The agent's name in construct code, for people. */
  readonly name?: string;
  /** Seconds since the epoch; from then on the entry does not count. TTL deletion may lag by days. */
  readonly expiresAt?: number;
}

/** What an agent may do on one server. */
export interface Decision {
  readonly effect: 'allow' | 'deny';
  /** Tools that may be called; `*` stands for all. Empty when denied. */
  readonly tools: readonly string[];
  /** Tools that may not, whatever `tools` says. */
  readonly deniedTools: readonly string[];
  /** One sentence for the audit row and the caller. */
  readonly reason: string;
  /** Seconds since the epoch when the decision stops being true by itself. */
  readonly expiresAt?: number;
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
  return {
    effect: 'allow',
    tools: unique(allows.flatMap((e) => e.tools)),
    deniedTools: unique(denies.flatMap((e) => e.tools)),
    reason: `granted by ${unique(allows.map((e) => e.source)).join(', ')}`,
    ...expiry,
  };
}

/** Whether a decision lets its agent call one tool. */
export function allowsTool(decision: Decision, tool: string): boolean {
  return !deniesTool(decision, tool) && (decision.tools.includes('*') || decision.tools.includes(tool));
}

/** Whether a decision forbids one tool by name, or the whole server; what needs no grant may still be forbidden. */
export function deniesTool(decision: Decision, tool: string): boolean {
  return decision.effect === 'deny' || decision.deniedTools.includes(tool);
}

function deny(reason: string, expiry: { expiresAt?: number }): Decision {
  return { effect: 'deny', tools: [], deniedTools: [], reason, ...expiry };
}

function unique(values: readonly string[]): string[] {
  return [...new Set(values)].sort();
}
