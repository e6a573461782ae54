/**
 * The documents that the constructs write and the runtime reads: `FleetConfig` for the gateway, `SidecarConfig` for a
 * sidecar, `JanitorConfig` and `ArchiverConfig` for the janitor and the archiver of the ledger. Each travels as JSON in one environment variable.
 */

import type { Agent } from './agent';
import type { DefinitionPins } from './definition-pins';
import type { ReconcileConfig } from './reconcile';

/** Environment variable that holds the gateway's {@link FleetConfig}. */
export const FLEET_CONFIG_VARIABLE = 'MCP_FLEET_CONFIG';
/** Environment variable that holds a sidecar's {@link SidecarConfig}. */
export const SIDECAR_CONFIG_VARIABLE = 'MCP_FLEET_SIDECAR';
/** Environment variable that holds the janitor's {@link JanitorConfig}. */
export const JANITOR_CONFIG_VARIABLE = 'MCP_FLEET_JANITOR';
/** Environment variable that holds the archiver's {@link ArchiverConfig}. */
export const ARCHIVER_CONFIG_VARIABLE = 'MCP_FLEET_ARCHIVER';
/** Environment variable (injected secret) that holds the gateway–sidecar key of one server. */
export const SIDECAR_KEY_VARIABLE = 'MCP_FLEET_SIDECAR_KEY';
/** Environment variable that holds, for the function that rotates keys, the ARN of the seal key's secret. */
export const SEAL_KEY_VARIABLE = 'MCP_FLEET_SEAL_KEY';
/** What stands before the name of a variable of the server, where its sidecar is given the same secret. */
export const GUARDED_PREFIX = 'MCP_FLEET_SECRET_';
/** Port on which gateways and sidecars listen inside their task. */
export const RUNTIME_PORT = 8080;

/** Longest time, in seconds, that a server may take for an answer, unless less is declared: what API Gateway lets pass at most. */
export const LONGEST_CALL_SECONDS = 15 * 60;

/** Name of the ledger's index of the rows which are not settled: partition `unsettled`, sort `leaseUntil`, keys only. */
export const UNSETTLED_INDEX = 'unsettled';

/** Longest name of a server: it becomes a path segment, a key prefix and part of resource names. */
export const SERVER_NAME = /^[a-z][a-z0-9-]{0,30}$/;

/** What a gateway replica knows of its fleet. Secrets appear by ARN only. */
export interface FleetConfig {
  /** The fleet's name: the `Fleet` dimension of every metric. */
  readonly fleet: string;
  /** Base URL of the listener behind which the sidecars stand, without a trailing slash. */
  readonly serversUrl: string;
  /** The same of the listeners behind which sidecars of other stacks stand, by their numbers; absent in a fleet of a version that has none. */
  readonly listedServersUrls?: readonly string[];
  /** TLS server name to expect on all of these, where their certificate names another host. */
  readonly serversTlsName?: string;
  /** Whether load balancers speak TLS to gateways and sidecars. Default: plain HTTP, inside their security groups. */
  readonly targetTls?: boolean;
  readonly identity: IdentityConfig;
  /** Name of the ledger table. */
  readonly ledgerTable: string;
  /** Name of the session directory table. */
  readonly directoryTable: string;
  /** Name of the allowlist's table: of it a gateway reads the operator's orders, and nothing else. */
  readonly allowlistTable: string;
  /** Name or ARN of the authorizer function. */
  readonly authorizerFunction: string;
  /** ARN of the secret from which session ids are sealed. */
  readonly sealKeySecret: string;
  /** Seconds from a claim until its key may name another call. Default {@link DEFAULT_KEY_LIFETIME_SECONDS}. */
  readonly keyLifetimeSeconds?: number;
  /** How many sessions may be open at once. Default {@link DEFAULT_SESSION_BUDGET}. */
  readonly sessionBudget?: SessionBudget;
  /** What one request may hold, and how long it may take to come. Default: the most. */
  readonly requestLimits?: RequestLimitsConfig;
  /** Browser origins that may call; any other `Origin` is refused with 403. */
  readonly allowedOrigins: readonly string[];
  /** With an API before the load balancer: name of its stage, with which a private integration may begin the path. */
  readonly stage?: string;
  /** Those of the fleet's own stack; with them, in a gateway, those that are listed in the table. */
  readonly servers: Readonly<Record<string, ServerConfig>>;
}

/** Tighter bounds on what comes in than a gateway's own, each within its range in `core/request-limits`. */
export interface RequestLimitsConfig {
  readonly bodyBytes?: number;
  /** Arrays and objects inside each other. */
  readonly depth?: number;
  /** Values of every kind. */
  readonly values?: number;
  /** Seconds until the head of a request is whole, and the request with its body. */
  readonly headSeconds?: number;
  readonly requestSeconds?: number;
}

/** Where the changes of a ledger are archived. */
export interface ArchiverConfig {
  /** The fleet's name: the `Fleet` dimension of every metric. */
  readonly fleet: string;
  /** Name of the bucket. */
  readonly bucket: string;
  /** Name of the table that holds a key per agent. */
  readonly agentKeysTable: string;
}

/** Whose abandoned claims the janitor ends, and where they stand. */
export interface JanitorConfig {
  /** The fleet's name: the `Fleet` dimension of every metric. */
  readonly fleet: string;
  /** Name of the ledger table. */
  readonly ledgerTable: string;
  /** Names of the servers in the fleet's own stack. */
  readonly servers: readonly string[];
  /** Name of the table in which those of other stacks are listed; absent in a fleet of a version that has none. */
  readonly allowlistTable?: string;
}

/** Most sessions that are open at once, across all servers. */
export interface SessionBudget {
  /** Of one task of an agent, where it names one. */
  readonly perTask: number;
  /** Of one agent; as many as there is room for when absent. */
  readonly perAgent?: number;
}

export const DEFAULT_SESSION_BUDGET: SessionBudget = { perTask: 50 };

/** How an access token is verified. */
export interface IdentityConfig {
  /** Expected `iss`. */
  readonly issuer: string;
  /** Expected `aud` (OIDC) or `client_id` values (Cognito access tokens carry no `aud`); at least one. */
  readonly audience: readonly string[];
  /** Which claim is held against `audience`. */
  readonly audienceClaim: 'aud' | 'client_id';
  /** Where the issuer's keys are; discovered from the issuer when absent. */
  readonly jwksUri?: string;
  /** URL under which agents reach the fleet, without a slash at its end: tokens for the endpoints below it are taken, each there. */
  readonly baseUrl?: string;
  /** Scopes that a token must have, all of them. */
  readonly requiredScopes?: readonly string[];
}

export interface ServerConfig {
  /** ARN of the gateway–sidecar key; absent for a remote server, which has no sidecar. */
  readonly sidecarKeySecret?: string;
  /** URL of a server outside the fleet; absent for one behind a sidecar. */
  readonly remoteUrl?: string;
  /** Base URL of the listener behind which its sidecars stand, where it is not the fleet's {@link FleetConfig.serversUrl}. */
  readonly serversUrl?: string;
  /**
   * What becomes of a session whose instance is gone. `restart`: the gateway opens it again from the directory, without
   * the state that the server held. `surface`: the agent is told with the protocol's 404. Default `surface`.
   */
  readonly onLoss?: 'restart' | 'surface';
  /**
   * Whose sessionless requests go to one instance, for servers that keep state behind handles in memory. `none`: any
   * instance takes any. Default `none`.
   */
  readonly affinity?: 'none' | 'agent' | 'task';
  /**
   * Whether the server's own `readOnlyHint` and `idempotentHint` are believed, for tools that are not declared
   * (MCP 2025-11-25, Tools: annotations are untrusted unless the server is). Default false.
   */
  readonly trustAnnotations?: boolean;
  /** How long requests wait for a slot, and how many. Default {@link DEFAULT_QUEUE}. */
  readonly queue?: QueueConfig;
  /** It may have no instance: then requests wait until one is up, and nothing is sent before one is known. Default false. */
  readonly scalesToZero?: boolean;
  /** Seconds that the server may take for an answer. Default {@link LONGEST_CALL_SECONDS}, and no more. */
  readonly longestCallSeconds?: number;
  /** Age, in seconds, at which `subscriptions/listen` streams end with their result. Default: none. */
  readonly listenSeconds?: number;
  /** Age, in seconds, at which GET streams of a remote server end. Default: the gateway's own; a sidecar has its own. */
  readonly streamAgeSeconds?: number;
  /** What recovery on an agent's behalf may cost. Default {@link DEFAULT_RECOVERY}. */
  readonly recovery?: RecoveryConfig;
  /** The gateway adds `fleet_call_outcome` to the server's tools and answers it from the ledger. Default false. */
  readonly outcomeTool?: boolean;
  /** Methods of the server's own that pass, beside those of the protocol. */
  readonly methods?: Readonly<Record<string, OwnMethod>>;
  /** What the gateway shows to the server. Default: nothing. */
  readonly credential?: CredentialConfig;
  /** What is declared of a server outside the fleet. */
  readonly remote?: RemoteConfig;
  /** JSON-RPC error codes that stand for a deterministic refusal although bridges say them for time-outs, too ({@link UNCERTAIN_CODES}). */
  readonly finalErrors?: readonly number[];
  /** What the server says, as it was reviewed; without, agents get whatever it says. */
  readonly pins?: DefinitionPins;
  /** The operator's declarations; a tool that is not named here is state-changing and `fenced`. */
  readonly tools: Readonly<Record<string, ToolConfig>>;
}

/** Where a value is in Secrets Manager. */
export interface SecretSource {
  readonly arn: string;
  /** Key of a JSON secret; the whole value when absent. */
  readonly field?: string;
}

/** What the gateway shows to a server, which no agent has. */
export type CredentialConfig = HeaderCredential | ClientCredentials;

/** A header with the value of a secret. */
export interface HeaderCredential {
  readonly kind: 'header';
  /** In lower case. */
  readonly header: string;
  /** Stands before the value, with its space. */
  readonly prefix?: string;
  readonly secret: SecretSource;
  /** Secrets of their own for some agents. */
  readonly perAgent?: readonly (Agent & SecretSource)[];
}

/** A bearer token by the OAuth client credentials grant (RFC 6749 § 4.4). */
export interface ClientCredentials extends OAuthClient {
  readonly kind: 'oauth';
  readonly tokenUrl: string;
  /** Clients of their own for some agents. */
  readonly perAgent?: readonly (Agent & OAuthClient)[];
}

/** A client at a token endpoint. */
export interface OAuthClient {
  readonly clientId: string;
  /** The client's. */
  readonly secret: SecretSource;
  readonly scope?: string;
}

/** A method of a server's own that its operator lets pass. */
export interface OwnMethod {
  readonly kind: 'request' | 'notification';
  /** It changes nothing: where its answer was lost it is asked again. */
  readonly readOnly?: boolean;
}

/** A server outside the fleet has no sidecar that could tell what was executed. */
export interface RemoteConfig {
  /** Its 429 means that nothing was executed. Default false. */
  readonly rateLimitsBeforeExecution?: boolean;
  /** PEM text of the certificate authorities that it is trusted by, instead of the public ones. */
  readonly certificateAuthorities?: string;
  /** Connections that each replica keeps open to it before a request needs one. Default: none. */
  readonly warm?: number;
}

export interface ToolConfig {
  readonly effect: 'read_only' | 'state_changing';
  /** `required`: no key, no call. `fenced`: a call without a key runs. Only for state-changing tools. */
  readonly key: 'required' | 'fenced';
  /** Argument of the tool that carries the idempotency key. */
  readonly keyArgument?: string;
  /** The server itself takes a call with a key that it has seen for a repetition, so that it may be sent again with it. */
  readonly honoursKey?: boolean;
  /** A cancellation reaches the server. Default false: SDKs cancel by themselves after a minute, and the call goes on. */
  readonly cancellable?: boolean;
  /** JSON pointers into the arguments: what stands there the ledger keeps as a keyed digest. */
  readonly redact?: readonly string[];
  /** The read that shows whether a call happened. */
  readonly reconcile?: ReconcileConfig;
}

/** A budget of recovery for one call. */
export interface RecoveryConfig {
  /** How often it is sent, or evidence of it is looked for, in all. */
  readonly attempts: number;
  /** Seconds from the first failure until nothing more is tried. */
  readonly seconds: number;
}

export const DEFAULT_RECOVERY: RecoveryConfig = { attempts: 6, seconds: 20 };

/** Requests that wait for a slot of a server, at each replica. */
export interface QueueConfig {
  /** Most that wait; above, who has the fewest of its own waiting stays. */
  readonly length: number;
  /** Longest wait, in seconds. */
  readonly seconds: number;
}

/** SDK clients give a request up after a minute: what has waited for longer than this would not be finished in time. */
export const DEFAULT_QUEUE: QueueConfig = { length: 1_000, seconds: 40 };

/** Of a server that may have no instance: as long as an SDK client waits at all, for a task takes its time to start. */
export const ZERO_QUEUE: QueueConfig = { length: 1_000, seconds: 55 };

/** Seconds from a claim until its key may name another call, unless the fleet says otherwise: 30 days. */
export const DEFAULT_KEY_LIFETIME_SECONDS = 30 * 24 * 3_600;

/** What a sidecar knows of the one server it stands beside. */
export interface SidecarConfig {
  readonly fleet: string;
  readonly server: string;
  readonly runtime: HttpRuntimeConfig | StdioRuntimeConfig;
  /** Most slots in use at once on this instance. */
  readonly slots: number;
  /** How many sessions, or children of a stdio server, are kept ready before anybody asks for them; within `slots`. Default 0. */
  readonly warm?: number;
  /** Seconds between SIGTERM and the moment when what is left is cut; below the container's stop timeout. */
  readonly drainSeconds: number;
  /** What becomes of a session whose instance is gone. `restart`: the gateway opens it again elsewhere. Default `surface`. */
  readonly onLoss?: 'restart' | 'surface';
  /** Longest time, in seconds, that a deployment waits for the sessions of an outdated instance. Default {@link DEFAULT_DEPLOY_WITHIN_SECONDS}. */
  readonly deployWithinSeconds?: number;
  /** Age, in seconds, at which a GET stream ends for its agent to open another. Default: the sidecar's own. */
  readonly streamAgeSeconds?: number;
  /**
   * Of a server that may have no instance: seconds for which a slot that was in use keeps this one, by what it tells scaling. Default: an idle one
   * says that it is.
   */
  readonly keepIdleSeconds?: number;
  /** Whether the load balancer speaks TLS to it. Default: plain HTTP. */
  readonly targetTls?: boolean;
  /** Variables of the sidecar that hold the secrets of its server, for it to let none of them leave. */
  readonly secrets?: readonly string[];
}

/** 45 minutes. */
export const DEFAULT_DEPLOY_WITHIN_SECONDS = 45 * 60;

/** A server that listens on HTTP inside the same task. */
export interface HttpRuntimeConfig {
  readonly kind: 'http';
  /** Full URL of its MCP endpoint on loopback. */
  readonly url: string;
  /** The header by which the gateway shows itself to it, in lower case; what else holds authority does not reach it. */
  readonly credentialHeader?: string;
}

/** A server that speaks on standard input and output, run as child processes of the sidecar. */
export interface StdioRuntimeConfig {
  readonly kind: 'stdio';
  readonly command: readonly string[];
  /** Names of environment variables (plain or injected) that a child may see, besides PATH, HOME, TMPDIR and LANG. */
  readonly environment: readonly string[];
  /** Numbers of the users as whom children run, each as one of its own. The sidecar runs as root then. Absent: as the sidecar's. */
  readonly users?: ChildUserRange;
  /** What one child may take at most, where each is a user of its own. */
  readonly bounds?: ChildBounds;
}

/** What one child, with all that it starts, may take; the kernel refuses more (setrlimit(2)). */
export interface ChildBounds {
  /** Processes and threads of its user together (RLIMIT_NPROC). */
  readonly tasks: number;
  /** Memory that each of its processes can write to, in MiB (RLIMIT_DATA); absent where only the task's memory bounds it. */
  readonly memoryMiB?: number;
}

/**
 * Linux capabilities (capabilities(7)) that the root user of a sidecar needs to run each child as a user of its own: to give it a folder
 * and remove that, to become it, and to end it. Of those that a container has by default it has no others.
 */
export const CHILD_USERS_CAPABILITIES = ['CHOWN', 'DAC_OVERRIDE', 'KILL', 'SETGID', 'SETUID'] as const;

/** Above all that an image or a machine gives out, and so many that none is given twice. */
export const CHILD_USERS: ChildUserRange = { first: 1_000_000, count: 1_000_000_000 };

/** Numbers of users, and of groups alike. */
export interface ChildUserRange {
  readonly first: number;
  readonly count: number;
}

/** Who calls, as the gateway tells a sidecar: the payload of the signed context header. */
export interface CallContext {
  /** {@link agentId} of the caller. */
  readonly agent: string;
  readonly server: string;
  /** Unit of the agent's work, where one is named. */
  readonly task?: string;
  /** Ledger id of the call, where the request is one. */
  readonly callId?: string;
  /** Milliseconds since the epoch; a claimed call that comes later must not reach the server: it may have been settled as not executed. */
  readonly deliverBy?: number;
  /** The call is claimed in the ledger: it runs to its end whoever leaves, and its answer is kept for who asks by `callId`. */
  readonly claimed?: boolean;
}
