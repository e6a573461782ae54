import { LocalAccountError } from './account-error';
import type { CloudAssembly } from './assembly/cloud-assembly';
import type { Container } from './ecs/container';
import type { FleetFacts } from './fleet-facts';
import type { LocalIssuer } from './identity/local-issuer';
import type { CloudFormationTemplate, Datapoint, LocalAccount, ProcessRow, TokenOptions } from './local-account';
import type { Machinery } from './machinery';
import type { Provisioning } from './provisioning';

/** What a started account is made of. */
export interface AccountParts {
  readonly assembly: CloudAssembly;
  readonly provisioning: Provisioning;
  readonly machinery: Machinery;
  readonly issuer: LocalIssuer;
  readonly fleet: string;
  readonly facts: Omit<FleetFacts, 'issuer' | 'edge'>;
  readonly baseUrl: string;
  readonly stop: () => Promise<void>;
}

const DEFAULT_TTL_SECONDS = 900;
/** A sidecar that does not tell its sessions within this many milliseconds is listed without them. */
const STATUS_TIMEOUT = 1000;

export class RunningAccount implements LocalAccount {
  readonly baseUrl: string;
  readonly fleet: string;
  readonly servers: readonly string[];
  readonly agents: readonly string[];
  readonly dynamodbUrl: string;
  readonly tables: LocalAccount['tables'];
  readonly templates: Readonly<Record<string, CloudFormationTemplate>>;

  constructor(private readonly parts: AccountParts) {
    const { facts, assembly, machinery } = parts;
    this.baseUrl = parts.baseUrl;
    this.fleet = parts.fleet;
    this.servers = facts.servers;
    this.agents = Object.keys(facts.agents);
    this.dynamodbUrl = machinery.dynamodb.url;
    this.tables = { ledger: facts.ledgerTable, directory: facts.directoryTable, allowlist: facts.allowlistTable };
    this.templates = Object.fromEntries(assembly.stacks.map(({ name, template }) => [name, template]));
  }

  physicalId(stack: string, logicalId: string): string | undefined {
    return this.parts.provisioning.physicalId({ stack, logicalId });
  }

  principal(agent: string): { issuer: string; subject: string } {
    const found = Object.hasOwn(this.parts.facts.agents, agent) ? this.parts.facts.agents[agent] : undefined;
    if (!found)
      throw new LocalAccountError('UNKNOWN_AGENT', `The fleet "${this.fleet}" has no agent "${agent}"; it has ${this.agents.join(', ')}.`);
    return { issuer: this.parts.issuer.url, subject: found.subject };
  }

  async token(agent: string, options: TokenOptions = {}): Promise<string> {
    this.principal(agent);
    const audience = options.audience ?? this.parts.facts.audience[0];
    if (audience === undefined) throw new LocalAccountError('INVALID_ASSEMBLY', `The fleet "${this.fleet}" names no audience.`);
    return this.parts.issuer.token(agent, audience, options.ttlSeconds ?? DEFAULT_TTL_SECONDS);
  }

  async processes(): Promise<readonly ProcessRow[]> {
    const { services, functions } = this.parts.machinery;
    const containers = [...services.values()].flatMap(({ tasks }) =>
      tasks.flatMap((task) => task.containers.map((container) => rowOf(container, task.id, task.definition.server))),
    );
    const lambdas = functions.all().flatMap((fn) => fn.pids().map((pid): ProcessRow => ({ role: 'lambda', task: fn.settings.name, pid })));
    return [...(await Promise.all(containers)).filter((row) => row !== undefined), ...lambdas];
  }

  datapoints(): readonly Datapoint[] {
    return this.parts.machinery.ecs.logs.datapoints();
  }

  logFiles(): readonly string[] {
    return this.parts.machinery.ecs.logs.files();
  }

  secretValue(stack: string, logicalId: string): string | undefined {
    const id = this.physicalId(stack, logicalId);
    return id === undefined ? undefined : this.parts.machinery.secrets.find(id)?.value;
  }

  async redeploy(service: string): Promise<void> {
    const named = [...this.parts.machinery.services.values()].find(({ settings: { definition } }) =>
      service === 'gateway' ? definition.containers.some(({ role }) => role === 'gateway') : definition.server === service,
    );
    if (!named) throw new LocalAccountError('REFUSED', `There is no service "${service}"; there are gateway, ${this.servers.join(', ')}.`);
    await named.redeploy();
  }

  stop(): Promise<void> {
    return this.parts.stop();
  }
}

async function rowOf({ definition, pid, port }: Container, task: string, server: string | undefined): Promise<ProcessRow | undefined> {
  if (pid === undefined) return undefined;
  const address = port === undefined ? undefined : `127.0.0.1:${port}`;
  const sessions = definition.role === 'sidecar' && address ? await sessionsOf(address) : undefined;
  return {
    role: definition.role,
    ...(server !== undefined && { server }),
    task,
    pid,
    ...(address !== undefined && { address }),
    ...(sessions !== undefined && { sessions }),
  };
}

async function sessionsOf(address: string): Promise<number | undefined> {
  try {
    const answer = await fetch(`http://${address}/readyz`, { signal: AbortSignal.timeout(STATUS_TIMEOUT) });
    const { activeSessions } = (await answer.json()) as { activeSessions?: number };
    return activeSessions;
  } catch {
    return undefined;
  }
}
