import type { FleetInfo, LocalAccount } from '../local/local-account';

/** What one agent may use: tools by server; `*` stands for all. */
export interface AgentGrants {
  readonly agent: string;
  readonly servers: Readonly<Record<string, readonly string[]>>;
}

interface AllowlistProperties {
  readonly Name?: unknown;
  readonly Grants?: readonly { readonly Server: string; readonly Tools: readonly string[] }[];
}

/** Read from the template: what construct code grants in one fleet. */
export function grantsOf({ templates }: LocalAccount, { agents, path }: FleetInfo): readonly AgentGrants[] {
  const lists = Object.values(templates)
    .flatMap((template) => Object.values(template.Resources))
    .filter(({ Type, Metadata }) => Type === 'Custom::McpFleetAllowlist' && isInside(Metadata?.['aws:cdk:path'], path))
    .map((resource) => (resource.Properties ?? {}) as AllowlistProperties);
  return agents.map((agent) => {
    const grants = lists.find((list) => list.Name === agent)?.Grants ?? [];
    return { agent, servers: Object.fromEntries(grants.map(({ Server, Tools }) => [Server, Tools])) };
  });
}

function isInside(path: unknown, fleet: string | undefined): boolean {
  return path === undefined || fleet === undefined || String(path).startsWith(`${fleet}/`);
}
