import { agentId } from '../core/agent';
import { type AgentTerms, budgetOf } from '../core/agent-terms';
import {
  FLEET_CONFIG_VARIABLE,
  type FleetConfig,
  type ServerConfig,
  type SessionBudget,
  SIDECAR_CONFIG_VARIABLE,
  type SidecarConfig,
} from '../core/fleet-config';
import { allowsFreely } from '../core/granted';
import { LISTED_SERVER_RESOURCE } from '../core/listed-servers';
import { type AllowlistEntry, type Decision, decide } from '../core/policy';
import type { ServerChecks } from '../core/server-checks';
import type { CheckedAccount } from '../local/checked-account';
import { type Grant, grantedInCode } from './grants';
import { tablesOf } from './tables';
import { containersOf, documentIn, resourcesOf } from './template';

/** A fleet under check: what it says of itself, and where it runs. */
export interface CheckedFleet {
  readonly account: CheckedAccount;
  readonly servers: readonly CheckedServer[];
  /** How many sessions may be open at once, where an agent's own terms say nothing else. */
  readonly sessionBudget: SessionBudget;
  readonly agents: readonly CheckedAgent[];
  /** Every row of its allowlist. */
  readonly allowlist: readonly AllowlistEntry[];
  /** What construct code grants. */
  readonly grants: readonly Grant[];
  /** Whether an instance of a server may be killed. */
  readonly mayKill: boolean;
  /** Aborts when nobody waits for the checks any more. */
  readonly signal: AbortSignal;
  /** Tells what is being done now. */
  readonly say: (what: string) => void;
}

export interface CheckedServer {
  readonly name: string;
  /** What the gateway is told of it; undefined where the gateway does not know it. */
  readonly config: ServerConfig | undefined;
  /** What its sidecars are told; undefined for a remote server, which has none. */
  readonly sidecar: SidecarConfig | undefined;
  /** Calls that may be made. */
  readonly checks: ServerChecks;
}

export interface CheckedAgent {
  readonly name: string;
  /** In keys of the ledger and of the allowlist. */
  readonly id: string;
  readonly issuer: string;
  readonly subject: string;
}

export async function readFleet(account: CheckedAccount, doing: Pick<CheckedFleet, 'mayKill' | 'signal' | 'say'>): Promise<CheckedFleet> {
  const gateway = gatewayConfigOf(account);
  const sidecars = containersOf(account)
    .map(({ environment }) => documentIn<SidecarConfig>(environment, SIDECAR_CONFIG_VARIABLE))
    .filter((config) => config?.fleet === account.fleet);
  const checks = checksOf(account);
  const agents = await Promise.all(
    account.agents.map(async (name) => {
      const principal = await account.principal(name);
      return { name, id: agentId(principal), ...principal };
    }),
  );
  return {
    account,
    servers: account.servers.map((name) => ({
      name,
      config: gateway?.servers[name] ?? listedConfig(account, name),
      sidecar: sidecars.find((config) => config?.server === name),
      checks: checks[name] ?? {},
    })),
    sessionBudget: budgetOf(gateway?.sessionBudget, undefined),
    agents,
    allowlist: await tablesOf(account).allowlist(),
    grants: grantedInCode(account),
    ...doing,
  };
}

/** What the gateways of a fleet are told. */
export function gatewayConfigOf(account: Pick<CheckedAccount, 'templates' | 'fleet'>): FleetConfig | undefined {
  return containersOf(account)
    .map(({ environment }) => documentIn<FleetConfig>(environment, FLEET_CONFIG_VARIABLE))
    .find((config) => config?.fleet === account.fleet);
}

/** What gateways are told of a server in a stack of its own. */
function listedConfig(account: Pick<CheckedAccount, 'templates'>, name: string): ServerConfig | undefined {
  const found = resourcesOf(account, LISTED_SERVER_RESOURCE).find(({ resource }) => resource.Properties?.Server === name);
  return documentIn<ServerConfig>({ ...found?.resource.Properties }, 'Config');
}

/** An agent's own terms, as its rows of the allowlist have them. @param agent agentId */
export function termsOf(allowlist: readonly AllowlistEntry[], agent: string): AgentTerms | undefined {
  return allowlist.find((entry) => entry.agent === agent && entry.terms !== undefined)?.terms;
}

/** What an agent may do on a server: by construct code, less what the table denies. */
export function decisionOf(
  { grants, allowlist }: CheckedFleet,
  { name, id, issuer, subject }: CheckedAgent,
  server: CheckedServer,
): Decision {
  const denies = allowlist.filter((entry) => entry.agent === id && entry.effect === 'deny');
  const allows = grants
    .filter((grant) => grant.agent === name)
    .map((grant): AllowlistEntry => ({ ...grant, agent: id, entry: '', source: 'cdk', issuer, subject }));
  return decide([...denies, ...allows], server.name, Date.now() / 1000);
}

/** Agents that may use a server at all. */
export function agentsOf(fleet: CheckedFleet, server: CheckedServer): readonly CheckedAgent[] {
  return fleet.agents.filter((agent) => decisionOf(fleet, agent, server).effect === 'allow');
}

/** Agents that may call each of some tools, with any arguments. */
export function callersOf(fleet: CheckedFleet, server: CheckedServer, tools: readonly string[]): readonly CheckedAgent[] {
  return fleet.agents.filter((agent) => tools.every((tool) => allowsFreely(decisionOf(fleet, agent, server), tool)));
}

function checksOf({ templates, fleet }: CheckedAccount): Readonly<Record<string, ServerChecks>> {
  const described = Object.values(templates).map(({ Metadata }) => Metadata?.['cdk-mcp-fleet'] as Description | undefined);
  const own = described.map((metadata) => metadata?.fleets?.[fleet]?.checks).find((checks) => checks !== undefined) ?? {};
  const listed = described.flatMap((metadata) => Object.entries(metadata?.servers?.[fleet] ?? {}));
  return { ...own, ...Object.fromEntries(listed.map(([name, { checks = {} }]) => [name, checks])) };
}

interface Description {
  readonly servers?: Readonly<Record<string, Readonly<Record<string, { readonly checks?: ServerChecks }>>>>;
  readonly fleets?: Readonly<Record<string, { readonly checks?: Readonly<Record<string, ServerChecks>> }>>;
}
