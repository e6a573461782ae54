/**
 * The documents that the constructs write and the runtime reads: `FleetConfig` for the gateway, `SidecarConfig` for a
 * sidecar, `JanitorConfig` for the janitor of the ledger. Each travels as JSON in one environment variable.
 */

import type { ReconcileConfig } from './reconcile';

/** Environment variable that holds the gateway's {@link FleetConfig}. */
export const FLEET_CONFIG_VARIABLE = 'MCP_FLEET_CONFIG';
/** Environment variable that holds a sidecar's {@link SidecarConfig}. */
export const SIDECAR_CONFIG_VARIABLE = 'MCP_FLEET_SIDECAR';
/** Environment variable that holds the janitor's {@link JanitorConfig}. */
export const JANITOR_CONFIG_VARIABLE = 'MCP_FLEET_JANITOR';
/** Environment variable (injected secret) that holds the gateway–sidecar key of one server. */
export const SIDECAR_KEY_VARIABLE = 'MCP_FLEET_SIDECAR_KEY';
/** Port on which gateways and sidecars listen inside their task. */
export const RUNTIME_PORT = 8080;

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
  /** TLS server name to expect on `serversUrl`, where its certificate names another host. */
  readonly serversTlsName?: string;
  readonly identity: IdentityConfig;
  /** Name of the ledger table. */
  readonly ledgerTable: string;
  /** Name of the session directory table. */
  readonly directoryTable: string;
  /** Name or ARN of the authorizer function. */
  readonly authorizerFunction: string;
  /** ARN of the secret from which session ids are sealed. */
  readonly sealKeySecret: string;
  /** Seconds from a claim until its key may name another call. Default {@link DEFAULT_KEY_LIFETIME_SECONDS}. */
  readonly keyLifetimeSeconds?: number;
  /** Browser origins that may call; any other `Origin` is refused with 403. */
  readonly allowedOrigins: readonly string[];
  readonly servers: Readonly<Record<string, ServerConfig>>;
}

/** Whose abandoned claims the janitor ends, and where they stand. */
export interface JanitorConfig {
  /** The fleet's name: the `Fleet` dimension of every metric. */
  readonly fleet: string;
  /** Name of the ledger table. */
  readonly ledgerTable: string;
  /** Names of the fleet's servers. */
  readonly servers: readonly string[];
}

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
}

export interface ServerConfig {
  /** ARN of the gateway–sidecar key; absent for a remote server, which has no sidecar. */
  readonly sidecarKeySecret?: string;
  /** URL of a server outside the fleet; absent for one behind a sidecar. */
  readonly remoteUrl?: string;
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
  /** What recovery on an agent's behalf may cost. Default {@link DEFAULT_RECOVERY}. */
  readonly recovery?: RecoveryConfig;
  /** The gateway adds `fleet_call_outcome` to the server's tools and answers it from the ledger. Default false. */
  readonly outcomeTool?: boolean;
  /** Methods of the server's own that pass, beside those of the protocol. */
  readonly methods?: Readonly<Record<string, OwnMethod>>;
  /** What is declared of a server outside the fleet. */
  readonly remote?: RemoteConfig;
  /** JSON-RPC error codes that stand for a deterministic refusal although bridges say them for time-outs, too ({@link UNCERTAIN_CODES}). */
  readonly finalErrors?: readonly number[];
  /** The operator's declarations; a tool that is not named here is state-changing and `fenced`. */
  readonly tools: Readonly<Record<string, ToolConfig>>;
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

/** Seconds from a claim until its key may name another call, unless the fleet says otherwise: 30 days. */
export const DEFAULT_KEY_LIFETIME_SECONDS = 30 * 24 * 3_600;

/** What a sidecar knows of the one server it stands beside. */
export interface SidecarConfig {
  readonly fleet: string;
  readonly server: string;
  readonly runtime: HttpRuntimeConfig | StdioRuntimeConfig;
  /** Most slots in use at once on this instance. */
  readonly slots: number;
  /** Seconds between SIGTERM and the moment when what is left is cut; below the container's stop timeout. */
  readonly drainSeconds: number;
}

/** A server that listens on HTTP inside the same task. */
export interface HttpRuntimeConfig {
  readonly kind: 'http';
  /** Full URL of its MCP endpoint on loopback. */
  readonly url: string;
}

/** A server that speaks on standard input and output, run as child processes of the sidecar. */
export interface StdioRuntimeConfig {
  readonly kind: 'stdio';
  readonly command: readonly string[];
  /** Names of environment variables (plain or injected) that a child may see, besides PATH, HOME, TMPDIR and LANG. */
  readonly environment: readonly string[];
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
