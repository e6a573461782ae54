/** The metric registry: namespace, dimensions and every metric that the runtime emits as EMF. */

export const METRIC_NAMESPACE = 'McpFleet';

/** Every metric carries exactly these dimensions. */
export interface MetricDimensions {
  readonly Fleet: string;
  readonly Server: string;
}

/** Stands for a server where a metric is of the whole fleet; no server has this name. */
export const ALL_SERVERS = '*';

type Unit = 'Count' | 'Percent' | 'Milliseconds';

export const METRICS = {
  /** Sessions that an instance holds. Sidecar, every 10 s. */
  ActiveSessions: 'Count',
  /** Slots in use on an instance: sessions, open listen streams, sessionless calls in flight. Sidecar, every 10 s. */
  SlotsInUse: 'Count',
  /** Slots in use by slots that the instance has. Sidecar, every 10 s; what the service scales on. Gateway, while somebody waits for the first one. */
  SlotUtilization: 'Percent',
  /** Calls that wait for admission. Gateway, every 10 s. */
  QueueDepth: 'Count',
  /** What an admitted call waited. Gateway. */
  QueueWait: 'Milliseconds',
  /** Sessions that one agent task holds across servers, at each session open. Gateway. */
  SessionsPerAgentTask: 'Count',
  /** Tool calls, and reads of resources and prompts. Gateway. */
  Calls: 'Count',
  /** The same by how they ended. Gateway. */
  CallsConfirmed: 'Count',
  CallsFailed: 'Count',
  CallsNotExecuted: 'Count',
  /** From the whole request to the whole answer. Gateway. */
  CallLatency: 'Milliseconds',
  /** The part of it that was not spent waiting for the server. Gateway. */
  GatewayOverhead: 'Milliseconds',
  /** Requests without a token that is believed, or without a scope that it needs: there is nobody whom a row could name. Gateway. */
  Unauthenticated: 'Count',
  /** Calls refused by policy. Gateway. */
  Denied: 'Count',
  /** Calls that an operator's freeze stopped. Gateway. */
  Frozen: 'Count',
  /** Calls refused for want of capacity or budget. Gateway. */
  Rejected: 'Count',
  /** Calls whose outcome is unknown. Gateway, and janitor for those that no gateway is left to count. */
  OutcomeUnknown: 'Count',
  /** Calls whose outcome is unknown to this day: a level, not a flow. Janitor, every minute. */
  UnknownOutcomes: 'Count',
  /** Claims whose gateway died, ended as `unknown` or `not_executed`. Janitor, every minute. */
  ClaimsAbandoned: 'Count',
  /** Changes of the ledger that stand in the archive now. Archiver, of all servers together. */
  LedgerChangesArchived: 'Count',
  /** Those of them that the ledger's protocol does not allow: somebody else has written. Archiver, of all servers together. */
  LedgerChangesOutside: 'Count',
  /** Results answered from the ledger. Gateway. */
  ReplaysServed: 'Count',
  /** Messages of servers that nobody may be given: responses to no open request, and what is no message. Gateway. */
  MessagesDropped: 'Count',
  /** Ledger operations that failed. Gateway. */
  LedgerFailures: 'Count',
  /** Authorizer invocations that failed. Gateway. */
  AuthorizerFailures: 'Count',
  /** Times that the list of servers, or what stands there of one, could not be read: what was read last is in force. Gateway, every 2 s. */
  ListingFailures: 'Count',
  /** Requests that named a session which no instance holds. Gateway. */
  SessionsLost: 'Count',
  /** Sessions rebuilt on another instance. Gateway. */
  SessionsRestored: 'Count',
  /**
   * Sessions and children that were started while an agent waited for them: those for which none was warm. Sidecar, every 10 s. Of a remote
   * server with `warm` the connections for which a request had to wait. Gateway.
   */
  ColdStarts: 'Count',
  /** Protection of a task that ECS refused because a deployment waits for protected tasks. Sidecar. */
  DeploymentBlocked: 'Count',
  /** Times that an instance lost the knowledge, or never had it, whether it is outdated: ECS cannot be asked. Sidecar. */
  DeploymentUnknown: 'Count',
  /** Sessions that an outdated instance ended for them to be opened again elsewhere. Sidecar. */
  SessionsHandedOver: 'Count',
  /** What servers say of tools, prompts, resources and themselves and nobody has approved, where definitions are pinned; each once a minute. Gateway. */
  ToolsUnreviewed: 'Count',
  /** Answers in which a secret was masked, and streams that were ended because they told one in pieces. Sidecar; gateway for its own. */
  SecretLeaksBlocked: 'Count',
} as const satisfies Record<string, Unit>;

export type MetricName = keyof typeof METRICS;

/**
 * Percent that is said of `SlotUtilization` where no slot is in use and an instance is to stay all the same, or to come, of a server that may have
 * none: more than nothing, at which the last one is taken away, and less than any target, so that of several all but one are.
 */
export const KEPT_PERCENT = 1;

/** What alarms look at in periods of ten seconds: CloudWatch keeps other metrics by the minute (EMF, `StorageResolution`). */
export const HIGH_RESOLUTION: ReadonlySet<MetricName> = new Set<MetricName>(['QueueDepth', 'Rejected']);

/** Milliseconds between two lines of metrics, where time goes faster than it does: in the local account, with `--scaling-speed`. */
export const METRICS_INTERVAL_VARIABLE = 'MCP_FLEET_METRICS_INTERVAL';

/** How often metrics are written, in milliseconds. */
export function metricsInterval(environment: Readonly<Record<string, string | undefined>>): number {
  return Number(environment[METRICS_INTERVAL_VARIABLE] ?? 10_000);
}
