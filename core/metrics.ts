/** The metric registry: namespace, dimensions and every metric that the runtime emits as EMF. */

export const METRIC_NAMESPACE = 'McpFleet';

/** Every metric carries exactly these dimensions. */
export interface MetricDimensions {
  readonly Fleet: string;
  readonly Server: string;
}

type Unit = 'Count' | 'Percent' | 'Milliseconds';

export const METRICS = {
  /** Sessions that an instance holds. Sidecar, every 10 s. */
  ActiveSessions: 'Count',
  /** Slots in use on an instance: sessions, open listen streams, sessionless calls in flight. Sidecar, every 10 s. */
  SlotsInUse: 'Count',
  /** Slots in use by slots that the instance has. Sidecar, every 10 s; what the service scales on. */
  SlotUtilization: 'Percent',
  /** Calls that wait for admission. Gateway, every 10 s. */
  QueueDepth: 'Count',
  /** What an admitted call waited. Gateway. */
  QueueWait: 'Milliseconds',
  /** Sessions that one agent task holds across servers, at each session open. Gateway. */
  SessionsPerAgentTask: 'Count',
  /** Tool calls. Gateway. */
  Calls: 'Count',
  /** Tool calls by how they ended. Gateway. */
  CallsConfirmed: 'Count',
  CallsFailed: 'Count',
  CallsNotExecuted: 'Count',
  /** From the whole request to the whole answer. Gateway. */
  CallLatency: 'Milliseconds',
  /** The part of it that was not spent waiting for the server. Gateway. */
  GatewayOverhead: 'Milliseconds',
  /** Calls refused by policy. Gateway. */
  Denied: 'Count',
  /** Calls refused for want of capacity or budget. Gateway. */
  Rejected: 'Count',
  /** Calls whose outcome is unknown. Gateway, and janitor for those that no gateway is left to count. */
  OutcomeUnknown: 'Count',
  /** Calls whose outcome is unknown to this day: a level, not a flow. Janitor, every minute. */
  UnknownOutcomes: 'Count',
  /** Claims whose gateway died, ended as `unknown` or `not_executed`. Janitor, every minute. */
  ClaimsAbandoned: 'Count',
  /** Results answered from the ledger. Gateway. */
  ReplaysServed: 'Count',
  /** Messages of servers that nobody may be given: responses to no open request, and what is no message. Gateway. */
  MessagesDropped: 'Count',
  /** Ledger operations that failed. Gateway. */
  LedgerFailures: 'Count',
  /** Authorizer invocations that failed. Gateway. */
  AuthorizerFailures: 'Count',
  /** Requests that named a session which no instance holds. Gateway. */
  SessionsLost: 'Count',
  /** Sessions rebuilt on another instance. Gateway. */
  SessionsRestored: 'Count',
  /** Sessions that were not served from a warm child or connection. Sidecar. */
  ColdStarts: 'Count',
  /** Results in which a secret value was masked. Gateway. */
  SecretLeaksBlocked: 'Count',
} as const satisfies Record<string, Unit>;

export type MetricName = keyof typeof METRICS;
