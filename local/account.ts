import { LocalAccountError } from './account-error';
import type { CloudAssembly } from './assembly/cloud-assembly';
import type { Container } from './ecs/container';
import type { CloudFormationTemplate, Datapoint, FleetInfo, LocalAccount, ProcessRow, TokenOptions } from './local-account';
import type { Machinery } from './machinery';
import { accountEnvironment } from './processes/credentials';
import type { Provisioning } from './provisioning';
import type { RunningFleet } from './running-fleet';

/** What a started account is made of. */
export interface AccountParts {
  readonly assembly: CloudAssembly;
  readonly provisioning: Provisioning;
  readonly machinery: Machinery;
  readonly fleets: readonly [RunningFleet, ...RunningFleet[]];
  readonly stop: () => Promise<void>;
}

const DEFAULT_TTL_SECONDS = 900;
/** A sidecar that does not tell its sessions within this many milliseconds is listed without them. */
const STATUS_TIMEOUT = 1000;

export class RunningAccount implements LocalAccount {
  readonly fleets: readonly FleetInfo[];
  readonly baseUrl: string;
  readonly fleet: string;
  readonly servers: readonly string[];
  readonly agents: readonly string[];
  readonly dynamodbUrl: string;
  readonly tables: LocalAccount['tables'];
  readonly templates: Readonly<Record<string, CloudFormationTemplate>>;

  constructor(private readonly parts: AccountParts) {
    const { assembly, machinery } = parts;
    this.fleets = parts.fleets.map(({ issuer: _, subjects: __, audience: ___, ...info }) => info);
    const [first] = parts.fleets;
    this.baseUrl = first.baseUrl;
    this.fleet = first.name;
    this.servers = first.servers;
    this.agents = first.agents;
    this.dynamodbUrl = machinery.dynamodb.url;
    this.tables = first.tables;
    this.templates = Object.fromEntries(assembly.stacks.map(({ name, template }) => [name, template]));
  }

  physicalId(stack: string, logicalId: string): string | undefined {
    return this.parts.provisioning.physicalId({ stack, logicalId });
  }

  principal(agent: string): { issuer: string; subject: string } {
    const { fleet, subject } = this.find(agent);
    return { issuer: fleet.issuer.url, subject };
  }

  async token(agent: string, options: TokenOptions = {}): Promise<string> {
    const { fleet, subject } = this.find(agent);
    const audience = options.audience ?? fleet.audience[0];
    if (audience === undefined) throw new LocalAccountError('INVALID_ASSEMBLY', `The fleet "${fleet.name}" names no audience.`);
    return fleet.issuer.token(subject, audience, options.ttlSeconds ?? DEFAULT_TTL_SECONDS);
  }

  /** @param name of the agent, or `fleet/agent` */
  private find(name: string): { readonly fleet: RunningFleet; readonly subject: string } {
    const { fleets } = this.parts;
    const all = fleets.flatMap((fleet) =>
      Object.entries(fleet.subjects).map(([agent, { subject }]) => ({ fleet, agent, subject, full: `${fleet.name}/${agent}` })),
    );
    const [found, ...others] = all.filter(({ agent, full }) => agent === name || full === name);
    if (found && others.length === 0) return found;
    const names = (found ? [found, ...others] : all).map(({ agent, full }) => (found || fleets.length > 1 ? full : agent)).join(', ');
    const message = found
      ? `Several fleets have an agent "${name}"; name one of ${names}.`
      : `The fleet "${fleets.map((fleet) => fleet.name).join('", "')}" has no agent "${name}"; it has ${names}.`;
    throw new LocalAccountError('UNKNOWN_AGENT', message);
  }

  awsEnvironment(): Readonly<Record<string, string>> {
    const { dynamodb, awsEndpoint, ecs } = this.parts.machinery;
    return accountEnvironment(ecs.account, { dynamodb: dynamodb.url, aws: awsEndpoint.url }, ecs.region);
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

  get logFolder(): string {
    return this.parts.machinery.ecs.logs.folder;
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
