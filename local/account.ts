import { serverResource } from '../core/token-audience';
import { LocalAccountError } from './account-error';
import { readCloudAssembly, rootOf, type Stack } from './assembly/cloud-assembly';
import { templateWithGrants } from './assembly/grants';
import { addressText } from './assembly/template';
import type { AccountStacks } from './cloudformation/account-stacks';
import { type DeployedStacks, StackDeploymentFailed } from './cloudformation/deployed-stacks';
import type { Container } from './ecs/container';
import { Faults } from './faults/faults';
import type { FaultOrder, FaultRow } from './faults/order';
import type { Fleets } from './fleets';
import { heldBy } from './held-sessions';
import { rolesNamed } from './iam/known-role';
import type { Permissions } from './iam/permissions';
import { credentialVariables } from './iam/sessions';
import type {
  ApplyOptions,
  CloudFormationTemplate,
  Datapoint,
  FleetInfo,
  LocalAccount,
  OAuthClient,
  ProcessRow,
  RemoteServer,
  Scaling,
  StackSummaries,
  TokenOptions,
} from './local-account';
import type { Machinery } from './machinery';
import { accountEnvironment } from './processes/credentials';
import { remoteServersOf } from './remote-servers';
import type { RunningFleet } from './running-fleet';
import { rotateSecret } from './secrets/rotation';

/** What a started account is made of. */
export interface AccountParts {
  readonly stacks: DeployedStacks;
  readonly cloudFormation: AccountStacks;
  readonly machinery: Machinery;
  readonly fleets: Fleets;
  readonly stop: () => Promise<void>;
}

const NO_FLEET: FleetInfo = { name: '', baseUrl: '', servers: [], agents: [], tables: { ledger: '', directory: '', allowlist: '' } };
const DEFAULT_TTL_SECONDS = 900;

export class RunningAccount implements LocalAccount {
  /** Names of the stacks that assemblies have brought here: those that the next one does not have go with it. */
  private applied: ReadonlySet<string>;

  private readonly failing: Faults;

  constructor(private readonly parts: AccountParts) {
    this.failing = new Faults(parts.machinery, parts.fleets, (name) => this.find(name));
    this.applied = rootsOf(parts.stacks.stacks);
  }

  get fleets(): readonly FleetInfo[] {
    return this.parts.fleets.running.map(({ issuer: _, subjects: __, audience: ___, ...info }) => info);
  }

  get baseUrl(): string {
    return this.first.baseUrl;
  }

  get fleet(): string {
    return this.first.name;
  }

  get servers(): readonly string[] {
    return this.first.servers;
  }

  get agents(): readonly string[] {
    return this.first.agents;
  }

  get tables(): LocalAccount['tables'] {
    return this.first.tables;
  }

  get archive(): string | undefined {
    return this.first.archive;
  }

  get authorityFile(): string | undefined {
    return this.parts.machinery.certificates.authorityFile;
  }

  get dynamodbUrl(): string {
    return this.parts.machinery.dynamodb.url;
  }

  get templates(): Readonly<Record<string, CloudFormationTemplate>> {
    return Object.fromEntries(this.parts.stacks.stacks.map((stack) => [stack.name, templateWithGrants(stack)]));
  }

  /** Where no fleet serves, there is nothing in its place. */
  private get first(): FleetInfo {
    return this.fleets[0] ?? NO_FLEET;
  }

  physicalId(stack: string, logicalId: string): string | undefined {
    return this.parts.stacks.resources.get(addressText({ stack, logicalId }))?.created.ref;
  }

  principal(agent: string): { issuer: string; subject: string } {
    const { fleet, subject } = this.find(agent);
    return { issuer: fleet.issuer.url, subject };
  }

  async oauthClient(agent: string): Promise<OAuthClient> {
    const { fleet, subject } = this.find(agent);
    const { url } = fleet.issuer;
    const { id, secret } = fleet.issuer.client(subject);
    const resources = fleet.servers.map((server) => serverResource(fleet.baseUrl, server));
    return { issuer: url, tokenEndpoint: `${url}/token`, clientId: id, clientSecret: secret, resources };
  }

  async token(agent: string, options: TokenOptions = {}): Promise<string> {
    const { fleet, subject } = this.find(agent);
    const audience = options.audience ?? fleet.audience[0];
    if (audience === undefined) throw new LocalAccountError('INVALID_ASSEMBLY', `The fleet "${fleet.name}" names no audience.`);
    return fleet.issuer.token(subject, audience, options.ttlSeconds ?? DEFAULT_TTL_SECONDS);
  }

  /** @param name of the agent, or `fleet/agent` */
  private find(name: string): { readonly fleet: RunningFleet; readonly subject: string } {
    const fleets = this.parts.fleets.running;
    const all = fleets.flatMap((fleet) =>
      Object.entries(fleet.subjects).map(([agent, { subject }]) => ({ fleet, agent, subject, full: `${fleet.name}/${agent}` })),
    );
    const [found, ...others] = all.filter(({ agent, full }) => agent === name || full === name);
    if (found && others.length === 0) return found;
    if (fleets.length === 0) throw new LocalAccountError('UNKNOWN_AGENT', `No fleet is deployed; an agent "${name}" comes with one.`);
    const names = (found ? [found, ...others] : all).map(({ agent, full }) => (found || fleets.length > 1 ? full : agent)).join(', ');
    const message = found
      ? `Several fleets have an agent "${name}"; name one of ${names}.`
      : `The fleet "${fleets.map((fleet) => fleet.name).join('", "')}" has no agent "${name}"; it has ${names}.`;
    throw new LocalAccountError('UNKNOWN_AGENT', message);
  }

  awsEnvironment(): Readonly<Record<string, string>> {
    const { dynamodb, awsEndpoint, ecs } = this.parts.machinery;
    return {
      ...accountEnvironment(ecs.account, { dynamodb: dynamodb.door, aws: awsEndpoint.url }, ecs.region),
      ...(this.authorityFile !== undefined && { NODE_EXTRA_CA_CERTS: this.authorityFile }),
    };
  }

  roleEnvironment(role: string): Readonly<Record<string, string>> {
    const { iam } = this.parts.machinery;
    const known = [...iam.book.roles.values()].filter(({ deploys }) => !deploys);
    const [found, ...others] = rolesNamed(role, known);
    if (found && others.length === 0) return { ...this.awsEnvironment(), ...credentialVariables(iam.sessions.open(found.arn, 'operator')) };
    const names = (found ? [found, ...others] : known).map(({ path }) => path).join(', ');
    const said = found ? `Several roles begin with "${role}"` : `There is no role "${role}"`;
    throw new LocalAccountError('REFUSED', `${said}; there are ${names || 'none'}.`);
  }

  async permissions(): Promise<Permissions> {
    const { iam, dynamodb } = this.parts.machinery;
    await dynamodb.counted();
    return { permissions: iam.uses.permissions(iam.book.roles.values()), refused: iam.uses.refusals() };
  }

  async processes(): Promise<readonly ProcessRow[]> {
    const { services, functions } = this.parts.machinery;
    const containers = [...services.values()].flatMap(({ tasks }) =>
      tasks.flatMap((task) => task.containers.map((container) => rowOf(container, task.id, task.definition.server))),
    );
    const lambdas = functions.all().flatMap((fn) => fn.pids().map((pid): ProcessRow => ({ role: 'lambda', task: fn.settings.name, pid })));
    return [...(await Promise.all(containers)).filter((row) => row !== undefined), ...lambdas];
  }

  get remoteServers(): readonly RemoteServer[] {
    return remoteServersOf([...this.parts.machinery.services.values()].map(({ settings }) => settings.definition));
  }

  async kill(pid: number): Promise<void> {
    const tasks = [...this.parts.machinery.services.values()].flatMap((service) => service.tasks);
    const container = tasks.flatMap(({ containers }) => containers).find((each) => each.pid === pid);
    if (container === undefined) {
      const message = `No server, sidecar or gateway of this account runs as process ${pid}; \`mcp-fleet ps\` lists them.`;
      throw new LocalAccountError('REFUSED', message);
    }
    container.kill();
  }

  fault(order: FaultOrder): Promise<FaultRow> {
    return this.failing.begin(order);
  }

  faults(): readonly FaultRow[] {
    return this.failing.list();
  }

  clearFaults(id?: FaultRow['id']): readonly FaultRow[] {
    return this.failing.clear(id);
  }

  scaling(): Scaling {
    const { scaling } = this.parts.machinery;
    return { services: scaling.services(), alarms: scaling.states() };
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

  async rotateSecret(id: string): Promise<{ readonly name: string; readonly versionId: string }> {
    const { secrets, functions } = this.parts.machinery;
    const [stack = '', logicalId = ''] = id.split('/');
    const { name, versionId } = await rotateSecret(this.physicalId(stack, logicalId) ?? id, secrets, functions);
    return { name, versionId };
  }

  async redeploy(service: string, options: { readonly signal?: AbortSignal } = {}): Promise<void> {
    const named = [...this.parts.machinery.services.values()].find(({ settings: { definition } }) =>
      service === 'gateway' ? definition.containers.some(({ role }) => role === 'gateway') : definition.server === service,
    );
    if (!named) throw new LocalAccountError('REFUSED', `There is no service "${service}"; there are gateway, ${this.servers.join(', ')}.`);
    try {
      await named.deploy({ forceNewDeployment: true }, options);
    } catch (error) {
      throw new LocalAccountError('DEPLOYMENT_FAILED', (error as Error).message, { cause: error });
    }
  }

  async apply(assembly: string, { onResource = () => {}, signal }: ApplyOptions = {}): Promise<void> {
    const { stacks: put, missing } = readCloudAssembly(assembly);
    const names = new Set(put.map(({ name }) => name));
    const remove = [...this.applied].filter((name) => !names.has(name));
    try {
      await this.parts.stacks.deploy(
        { put, missing, remove },
        {
          tell: ({ stack, logicalId, status, reason }) => onResource(`${stack}/${logicalId}`, status, reason),
          ...(signal && { signal }),
        },
      );
      this.applied = rootsOf(put);
      this.parts.cloudFormation.adopt(put, remove);
    } catch (error) {
      if (!(error instanceof StackDeploymentFailed)) throw error;
      throw new LocalAccountError('DEPLOYMENT_FAILED', `${error.message}\n${afterwards(error)}`, { cause: error });
    }
  }

  stacks(): StackSummaries {
    const { stacks, cloudFormation } = this.parts;
    const resources = [...stacks.resources.values()];
    const listed = cloudFormation.list().filter(({ status, parentId }) => status !== 'DELETE_COMPLETE' && parentId === undefined);
    return {
      stacks: listed.map(({ name, status, createdAt, updatedAt = createdAt }) => {
        const own = resources.filter(({ stack }) => rootOf(stack).name === name);
        const running = own.filter(({ runs }) => runs).length;
        return { name, status, resources: own.length, running, changedAt: updatedAt.toISOString() };
      }),
      retained: [...stacks.retained]
        .filter(([key]) => !stacks.resources.has(key))
        .map(([key, { resource, created }]) => ({ resource: key, type: resource.Type, physicalId: created.ref })),
    };
  }

  stop(): Promise<void> {
    this.failing.clear();
    return this.parts.stop();
  }
}

function rootsOf(stacks: readonly Stack[]): ReadonlySet<string> {
  return new Set(stacks.filter(({ parent }) => parent === undefined).map(({ name }) => name));
}

function afterwards({ rolledBack }: StackDeploymentFailed): string {
  const { notRestored = [], failed = [] } = rolledBack ?? {};
  const stuck = [...notRestored, ...failed].map(({ resource, reason }) => `${addressText(resource.address)} (${reason})`);
  return stuck.length === 0 ? 'Everything is again as it was.' : `It was rolled back, but for ${stuck.join(', ')}.`;
}

async function rowOf({ definition, pid, port }: Container, task: string, server: string | undefined): Promise<ProcessRow | undefined> {
  if (pid === undefined) return undefined;
  const address = port === undefined ? undefined : `127.0.0.1:${port}`;
  const held = definition.role === 'sidecar' && address ? await heldBy(address) : {};
  return {
    role: definition.role,
    ...(server !== undefined && { server }),
    task,
    pid,
    ...(address !== undefined && { address }),
    ...held,
  };
}
