import type { ToolRule } from '../core/policy';
import type { CheckedAccount } from '../local/checked-account';
import { resourcesOf } from './template';

/** What construct code grants one agent on one server, or denies it. */
export interface Grant {
  /** The agent's name. */
  readonly agent: string;
  readonly server: string;
  readonly effect: 'allow' | 'deny';
  /** Tool names; `*` stands for all. */
  readonly tools: readonly string[];
  readonly rules: readonly ToolRule[];
  /** Patterns of URIs, and of names of prompts. */
  readonly resources: readonly string[];
  readonly prompts: readonly string[];
  /** Seconds since the epoch. */
  readonly expiresAt?: number;
}

interface AllowlistProperties {
  readonly Name?: unknown;
  readonly Grants?: readonly GrantProperties[];
}

interface GrantProperties {
  readonly Server: string;
  readonly Effect?: 'allow' | 'deny';
  readonly Tools: readonly string[];
  readonly Rules?: readonly ToolRule[];
  readonly Resources?: readonly string[];
  readonly Prompts?: readonly string[];
  readonly ExpiresAt?: number | string;
}

/** Read from the template: what construct code grants in one fleet, of agents and servers that it has. */
export function grantedInCode(account: Pick<CheckedAccount, 'templates' | 'agents' | 'path'>): readonly Grant[] {
  const lists = resourcesOf(account, 'Custom::McpFleetAllowlist')
    .filter(({ resource }) => isInside(resource.Metadata?.['aws:cdk:path'], account.path))
    .map(({ resource }) => (resource.Properties ?? {}) as AllowlistProperties);
  return lists.flatMap(({ Name, Grants = [] }) =>
    Grants.filter(() => account.agents.includes(String(Name))).map(
      ({ Server, Effect = 'allow', Tools, Rules = [], Resources = [], Prompts = [], ExpiresAt }) => ({
        agent: String(Name),
        server: Server,
        effect: Effect,
        tools: Tools,
        rules: Rules,
        resources: Resources,
        prompts: Prompts,
        ...(ExpiresAt !== undefined && { expiresAt: Number(ExpiresAt) }),
      }),
    ),
  );
}

/** A template without paths holds one fleet. */
function isInside(path: unknown, fleet: string | undefined): boolean {
  return path === undefined || fleet === undefined || String(path).startsWith(`${fleet}/`);
}
