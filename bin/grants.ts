import { grantedInCode } from '../checks/grants';
import type { FleetInfo, LocalAccount } from '../local/local-account';

/** What one agent may use: tools by server; `*` stands for all. */
export interface AgentGrants {
  readonly agent: string;
  readonly servers: Readonly<Record<string, readonly string[]>>;
}

/** Read from the template: what construct code grants in one fleet. */
export function grantsOf({ templates }: Pick<LocalAccount, 'templates'>, fleet: FleetInfo): readonly AgentGrants[] {
  const grants = grantedInCode({ templates, ...fleet });
  return fleet.agents.map((agent) => {
    const own = grants.filter((grant) => grant.agent === agent && grant.effect === 'allow');
    return {
      agent,
      servers: Object.fromEntries(own.map(({ server, tools, rules }) => [server, [...tools, ...rules.map(({ tool }) => tool)]])),
    };
  });
}
