/** What a running local account offers to the command line and to the checks. */

import type { Bounds, Change } from '../core/scaling/decision';
import type { FaultOrder, FaultRow } from './faults/order';
import type { Permissions } from './iam/permissions';

export interface LocalAccountOptions {
  /** Folder of the synthesized cloud assembly; absent for an account with nothing in it, into which one deploys. */
  readonly assembly?: string;
  /** Port of the first fleet's edge on 127.0.0.1, and of the next ones those after it; 0 takes free ones. */
  readonly port: number;
  /** The one fleet to run, by name or construct path. Default: every fleet of the assembly. */
  readonly fleet?: string;
  /** Folder for state that outlives the run. A scratch folder, removed at stop, when absent. */
  readonly persist?: string;
  /** Folder in which other terminals find the account (`.mcp-fleet/`). Default: the current working directory. */
  readonly controlFolder?: string;
  /**
   * What programs are given in place of resources and parameters that do not run here: by `Stack/LogicalId` for `Ref`, or
   * `Stack/LogicalId.Attribute`; an empty value stands for the name alone.
   */
  readonly standIns?: Readonly<Record<string, string>>;
  /** How often each schedule runs, in milliseconds, in place of its own rate: a test does not wait for a minute to pass. */
  readonly scheduleMs?: number;
  /**
   * Bounds for the end of tasks that a deployment replaces, in milliseconds; sessions do not keep them: somebody waits for the next
   * version to answer. Default: as in AWS.
   */
  readonly replaceWithin?: StopLimits;
  /**
   * How much faster scaling and alarms go than in AWS: with 10, a minute of their periods and cooldowns is six seconds, and programs
   * write their metrics each second. Default: 1.
   */
  readonly scalingSpeed?: number;
  /**
   * Whether HTTPS listeners of load balancers speak TLS here, with certificates of an authority that this run makes. Programs of the account
   * trust it; others by {@link LocalAccount.authorityFile}. Default: plain HTTP, as nothing leaves the machine.
   */
  readonly tls?: boolean;
  /** Told at the end of each phase of starting. */
  readonly onPhase?: (phase: Phase) => void;
  /** Told, within a phase, of work that takes longer than two seconds and of what of the assembly is not run. */
  readonly onProgress?: (progress: Progress) => void;
  /** Told of every log line that a process of the account writes. */
  readonly onLog?: (line: LogLine) => void;
  /** Told when tasks fail that nobody has ended, and when all is well again; from the start of the first service on. */
  readonly onServiceEvent?: (event: ServiceEvent) => void;
  /** Told when a service is scaled, and when an alarm begins or ends. */
  readonly onScalingEvent?: (event: ScalingEvent) => void;
  /**
   * Puts something between the account's programs and what they reach over the network: told of an address before any
   * program is, it answers with the one that programs get in its place. The account itself goes the direct way.
   */
  readonly interpose?: (link: Link, url: string) => Promise<string> | string;
}

/** Bounds for the end of a task, in milliseconds: for what it has begun, and from SIGTERM to SIGKILL. */
export interface StopLimits {
  readonly drainMs: number;
  readonly stopMs: number;
}

/**
 * What programs of the account reach over the network: the tables, all other AWS APIs, and the listeners of load balancers.
 * Agents come to the edge by `baseUrl`, which is never another's.
 */
export type Link = 'dynamodb' | 'aws' | 'load balancer';

export interface Phase {
  readonly name: string;
  /** What was made, in one short line. */
  readonly detail: string;
  readonly milliseconds: number;
  /** Of the phase `not run here`: each resource that does nothing, because no fleet needs it. */
  readonly notRun?: readonly { readonly stack: string; readonly logicalId: string; readonly type: string }[];
  /** Of the same phase: how many more have only a name on one machine, such as networks and permissions. */
  readonly namesOnly?: number;
}

/** Something that is worth knowing before a phase ends. */
export interface Progress {
  readonly name: string;
  readonly detail: string;
}

/** What befell a service of the account. */
export type ServiceEvent = ServiceTrouble | ServiceHealthy;

export interface ServiceTrouble extends ServicePart {
  /**
   * `failed`: a task cannot go on, and is replaced. `lost`: a container has ended, and its task goes on without it.
   * `waiting`: a task is not healthy yet, or not any more, and is given time.
   */
  readonly event: 'failed' | 'lost' | 'waiting';
  /** The container that it is about, as the task definition names it. */
  readonly container: string;
  /** Short id of the task. */
  readonly task: string;
  /** With the container before it a sentence, such as `exited with code 1`. */
  readonly what: string;
  /** Where a process has ended. */
  readonly exit?: { readonly code: number | null; readonly signal: NodeJS.Signals | null };
  /** What the container has written last, as it wrote it. */
  readonly lines: readonly string[];
  /** Until another task is started in its place, in milliseconds. */
  readonly retryMs?: number;
}

/** As many tasks as are wanted are healthy. */
export interface ServiceHealthy extends ServicePart {
  readonly event: 'healthy';
}

export interface ServicePart {
  readonly service: string;
  /** Of the container that it is about, or of the service's programs. */
  readonly role: Role;
  /** Name of the server; absent for the gateway. */
  readonly server?: string;
}

/** What scaling and alarms have done. */
export type ScalingEvent = ServiceScaled | AlarmChanged;

/** A service shall have another number of tasks. */
export interface ServiceScaled extends ServicePart, Change {
  readonly event: 'scaled';
}

/** An alarm has begun or ended. */
export interface AlarmChanged extends AlarmRow {
  readonly event: 'alarm';
  readonly before: AlarmRow['state'];
}

/** A service that scales. */
export interface ScalingRow extends ServicePart, Bounds {
  /** The metrics that its policies and the alarms which call them look at. */
  readonly follows: readonly string[];
  /** Tasks that it shall have. */
  readonly desired: number;
  readonly running: number;
  /** How its number was changed last, and when, in ISO 8601. */
  readonly last?: Change & { readonly at: string };
}

/** An alarm on a metric that programs of the account write. */
export interface AlarmRow {
  readonly alarm: string;
  readonly metric: string;
  readonly server?: string;
  readonly state: 'OK' | 'ALARM' | 'INSUFFICIENT_DATA';
  /** Of the last period that had data. */
  readonly value?: number;
  readonly description?: string;
}

export interface LogLine {
  readonly role: Role;
  /** Name of the server; absent for the gateway and functions. */
  readonly server?: string;
  /** Short id of the ECS task or name of the function. */
  readonly source: string;
  readonly text: string;
}

export type Role = 'gateway' | 'sidecar' | 'server' | 'lambda';

/** One process of the account. */
export interface ProcessRow {
  readonly role: Role;
  readonly server?: string;
  /** ECS task id, as stamped on answers and ledger rows; the function's name for a Lambda. */
  readonly task: string;
  readonly pid: number;
  /** `127.0.0.1:port` where it listens. */
  readonly address?: string;
  /** Sessions that a sidecar holds now. */
  readonly sessions?: number;
  /** Of a sidecar: sessions or children that are ready before anybody asks. Absent where none are to be. */
  readonly warm?: number;
}

/** A server of a fleet that runs somewhere else: nothing of it is a process of the account. */
export interface RemoteServer {
  readonly fleet: string;
  readonly server: string;
  readonly kind: 'remote';
  /** Such as `https://mcp.example`. */
  readonly origin: string;
}

/** One datapoint of an EMF line. */
export interface Datapoint {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly value: number;
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** ECS task id that emitted it. */
  readonly source: string;
}

export interface Scaling {
  readonly services: readonly ScalingRow[];
  readonly alarms: readonly AlarmRow[];
}

/** A confidential client of the local issuer: client credentials grant, `client_secret_basic`. */
export interface OAuthClient {
  readonly issuer: string;
  readonly tokenEndpoint: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** URLs of the endpoints that tokens may be asked for (RFC 8707). */
  readonly resources: readonly string[];
}

export interface TokenOptions {
  /** Default 900. */
  readonly ttlSeconds?: number;
  /** Default: the fleet's audience. */
  readonly audience?: string;
}

export interface StackSummaries {
  readonly stacks: readonly {
    readonly name: string;
    /** As CloudFormation says it. */
    readonly status: string;
    readonly resources: number;
    /** How many of them are something here, rather than a name. */
    readonly running: number;
    /** ISO 8601. */
    readonly changedAt: string;
  }[];
  readonly retained: readonly { readonly resource: string; readonly type: string; readonly physicalId: string }[];
}

export interface ApplyOptions {
  /** Told of each resource that is made, changed or removed, such as `Acme/Payments UPDATE_COMPLETE`. */
  readonly onResource?: (resource: string, status: string, reason?: string) => void;
  /** Gives it up: everything becomes again as it was. */
  readonly signal?: AbortSignal;
}

/** Names of a fleet's tables. */
export interface TableNames {
  readonly ledger: string;
  readonly directory: string;
  readonly allowlist: string;
  /** Absent in a fleet of a version whose archive has no keys of agents. */
  readonly agentKeys?: string;
}

/** One fleet of an account. */
export interface FleetInfo {
  readonly name: string;
  /** Path of its construct, where the assembly tells it. */
  readonly path?: string;
  /** `http://127.0.0.1:port`, where agents connect to `/{server}/mcp`. */
  readonly baseUrl: string;
  readonly servers: readonly string[];
  readonly agents: readonly string[];
  /** Names of its tables. */
  readonly tables: TableNames;
  /** Name of the bucket in which its ledger is archived; absent where nothing is. */
  readonly archive?: string;
}

/** `baseUrl`, `fleet`, `servers`, `agents`, `tables` and `archive` are those of the first fleet. */
export interface LocalAccount {
  /** Every fleet that runs, the first one first. */
  readonly fleets: readonly FleetInfo[];
  /** `http://127.0.0.1:port`, where agents connect to `/{server}/mcp`. */
  readonly baseUrl: string;
  readonly fleet: string;
  readonly servers: readonly string[];
  readonly agents: readonly string[];
  /**
   * PEM file of the authority whose certificates load balancers show here, for `NODE_EXTRA_CA_CERTS`; absent where they speak plain HTTP. It
   * goes with the account.
   */
  readonly authorityFile?: string | undefined;
  /** Endpoint of the embedded DynamoDB; any credentials do. */
  readonly dynamodbUrl: string;
  /** Names of the fleet's tables. */
  readonly tables: TableNames;
  /** Name of the bucket in which the fleet's ledger is archived; absent where nothing is. */
  readonly archive?: string | undefined;
  /** The synthesized templates by stack name, for checks that read what would be deployed. */
  readonly templates: Readonly<Record<string, CloudFormationTemplate>>;
  /** Physical id of any resource, by stack and logical id. */
  physicalId(stack: string, logicalId: string): string | undefined;
  /** The principal that stands for an agent here; `fleet/agent` where two fleets have one of that name. */
  principal(agent: string): { issuer: string; subject: string };
  /**
   * What an agent asks the local issuer for tokens with, as it would its own in AWS. Rejects for an agent that the fleet does not
   * know.
   */
  oauthClient(agent: string): Promise<OAuthClient>;
  /** A real access token of the local OIDC issuer. Rejects for an agent that the fleet does not know. */
  token(agent: string, options?: TokenOptions): Promise<string>;
  /** What makes an AWS client of this machine talk to this account and to nothing else: its endpoints, region and credentials. */
  awsEnvironment(): Readonly<Record<string, string>>;
  /** The same in the name of a role that a stack makes: everything is judged as AWS would. @param role name, or `Stack/LogicalId`, or how that begins */
  roleEnvironment(role: string): Readonly<Record<string, string>>;
  /** What was done under the roles of the stacks, what was refused, and what their statements allow. */
  permissions(): Promise<Permissions>;
  /** Processes that run now, with live session counts. */
  processes(): Promise<readonly ProcessRow[]>;
  /** Servers of its fleets that run somewhere else. */
  readonly remoteServers: readonly RemoteServer[];
  /**
   * Ends a server, a sidecar or a gateway with SIGKILL. Its task is replaced; that is no event, for it was asked for.
   * @param pid one of {@link processes}
   */
  kill(pid: number): Promise<void>;
  /**
   * Makes something fail: processes, links, what of AWS is asked, a zone, tokens. Resolves when it strikes; it ends by its time, by
   * `clearFaults`, and with the account.
   * @throws LocalAccountError NO_SUCH_FAULT that says what there is
   */
  fault(order: FaultOrder): Promise<FaultRow>;
  /** The faults that last, the oldest first. */
  faults(): readonly FaultRow[];
  /** Ends one fault, or all of them. @returns those that have ended */
  clearFaults(id?: FaultRow['id']): readonly FaultRow[];
  /** Services that scale, and the alarms on what programs of the account write. */
  scaling(): Scaling;
  /** Every datapoint seen so far. */
  datapoints(): readonly Datapoint[];
  /** All text that processes of the account have written, by process; for the check that no secret is in it. */
  /** Folder of this run's logs; it stays until the run after the next one. */
  readonly logFolder: string;
  logFiles(): readonly string[];
  /** Value of a secret, by logical id; for the check that looks for it in results and logs. */
  secretValue(stack: string, logicalId: string): string | undefined;
  /**
   * Rotates a secret by the function that its stack declares for that. Rejects when there is none, or it fails.
   * @param id name or ARN, or `Stack/LogicalId` of one that a stack makes
   */
  rotateSecret(id: string): Promise<{ readonly name: string; readonly versionId: string }>;
  /**
   * Replaces the tasks of a service by a forced deployment, within its minimum and maximum percent: with those of a fleet, a new
   * one is healthy before an old one is taken out of its target group, drained, and sent SIGTERM. One that holds sessions
   * (task protection) is waited for. Resolves when the last old one has ended.
   * @param service name of a server, or `gateway`
   * @param options.signal gives it up: what was complete before is brought back
   * @throws LocalAccountError DEPLOYMENT_FAILED, with the last words of what did not start
   */
  redeploy(service: string, options?: { readonly signal?: AbortSignal }): Promise<void>;
  /**
   * Brings the account to what another assembly says, as a deployment of all its stacks does: what is new is made, what has changed is
   * changed or replaced, services roll, and what no template has any more is removed. What other stacks hold stays as it is.
   * @param assembly folder of the synthesized cloud assembly
   * @throws LocalAccountError DEPLOYMENT_FAILED when it did not come about and everything is again as it was; another one where it was
   *   refused, and nothing has changed
   */
  apply(assembly: string, options?: ApplyOptions): Promise<void>;
  /** The stacks, and what their policies have kept when they or a part of them were removed: the next stack of that name finds it again. */
  stacks(): StackSummaries;
  /** Stops everything in the order that ECS does; resolves when no process and no port is left. */
  stop(): Promise<void>;
}

export interface CloudFormationTemplate {
  readonly Resources: Readonly<Record<string, TemplateResource>>;
  readonly Metadata?: Readonly<Record<string, unknown>>;
}

export interface TemplateResource {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
  readonly DependsOn?: string | readonly string[];
  readonly Metadata?: Readonly<Record<string, unknown>>;
}
