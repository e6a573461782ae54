import type { LocalAccount } from '../local/local-account';

/** What one agent may use: tools by server; `*` stands for all. */
export interface AgentGrants {
  readonly agent: string;
  readonly servers: Readonly<Record<string, readonly string[]>>;
}

interface AllowlistProperties {
  readonly Name?: unknown;
  readonly Grants?: readonly { readonly Server: string; readonly Tools: readonly string[] }[];
}

/** Read from the template: what construct code grants. */
export function grantsOf(account: LocalAccount): readonly AgentGrants[] {
  const lists = Object.values(account.templates)
    .flatMap((template) => Object.values(template.Resources))
    .filter((resource) => resource.Type === 'Custom::McpFleetAllowlist')
    .map((resource) => (resource.Properties ?? {}) as AllowlistProperties);
  return account.agents.map((agent) => {
    const grants = lists.find((list) => list.Name === agent)?.Grants ?? [];
    return { agent, servers: Object.fromEntries(grants.map(({ Server, Tools }) => [Server, Tools])) };
  });
}
