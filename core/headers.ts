/** HTTP header names, lower case as `node:http` gives them. */

/** Signed {@link CallContext} from gateway to sidecar. */
export const CONTEXT_HEADER = 'mcp-fleet-context';
/** Stamped by a sidecar on every answer: id of the ECS task that gave it. */
export const INSTANCE_HEADER = 'mcp-fleet-instance';
/** Stamped by a sidecar on every answer: its slots, as `core/capacity/slots-news` writes them. */
export const SLOTS_HEADER = 'mcp-fleet-slots';
/** Stamped by a sidecar on answers that are its own, not the server's: one {@link SidecarReason}. */
export const REASON_HEADER = 'mcp-fleet-reason';
/** From the gateway: no instance but outdated ones was found, so that one of them may take the request. */
export const INSIST_HEADER = 'mcp-fleet-insist';
/** Id of the agent's task, where the agent names one by header. */
export const TASK_HEADER = 'mcp-fleet-task';
/** The caller's idempotency key (draft-ietf-httpapi-idempotency-key-header). */
export const IDEMPOTENCY_KEY_HEADER = 'idempotency-key';

/** `Mcp-Session-Id` (MCP 2025-11-25, Streamable HTTP § Session Management). */
export const SESSION_HEADER = 'mcp-session-id';
export const PROTOCOL_VERSION_HEADER = 'mcp-protocol-version';
export const METHOD_HEADER = 'mcp-method';
export const NAME_HEADER = 'mcp-name';
export const PARAM_HEADER_PREFIX = 'mcp-param-';
export const LAST_EVENT_ID_HEADER = 'last-event-id';
/** What every event id that a gateway gives begins with; the rest is sealed. */
export const EVENT_ID_PREFIX = 'mcpfleet.';

/** `GET /{server}/orphans/{callId}` at a sidecar: the answer of a claimed call, for who lost the connection to it. */
export const KEPT_ANSWER_PATH = 'orphans';

/** `GET /{server}/session` at a sidecar, with a session id: whether it holds that session, without using it. */
export const HELD_SESSION_PATH = 'session';
/** `GET /{server}/slots` at a sidecar: what it says of its slots, line by line as it changes. */
export const SLOTS_PATH = 'slots';

/** Name of the ALB's duration-based stickiness cookie. */
export const STICKINESS_COOKIE = 'AWSALB';

/**
 * Why a sidecar answered for itself. Each is sent with its status and says whether bytes of the
 * request can have reached the server.
 */
export const SIDECAR_REASONS = {
  /** No free slot; nothing was sent. */
  at_capacity: { status: 503, delivered: false },
  /** SIGTERM was received; no new sessions; nothing was sent. */
  draining: { status: 503, delivered: false },
  /** A deployment takes its place, and what begins goes to the instances of that; nothing was sent. */
  outdated: { status: 503, delivered: false },
  /** This instance does not hold the session; nothing was executed. */
  unknown_session: { status: 404, delivered: false },
  /** The context header is missing, stale or not signed by this server's key; nothing was sent. */
  unauthenticated: { status: 403, delivered: false },
  /** The server could not be connected to, or its child not started, or it did not open the session; nothing was executed. */
  server_unavailable: { status: 503, delivered: false },
  /** A process of the server ended upon the request that was to open its session; nothing was executed. */
  server_ended: { status: 503, delivered: false },
  /** The call came after its `deliverBy`: it may have been settled as not executed. Nothing was sent. */
  too_late: { status: 503, delivered: false },
  /** No answer of this call is kept here: it never came here, or too long ago. */
  unknown_call: { status: 404, delivered: false },
  /** The sidecar itself does not take such a request: its body says why, and has the status of its error. Nothing was sent. */
  not_taken: { status: 400, delivered: false },
  /** The server said 429 without a JSON-RPC response; its answer is passed on with this name on it. Nothing was executed. */
  rate_limited: { status: 429, delivered: false },
  /** The server was sent the request and ended without a whole answer. */
  server_lost: { status: 502, delivered: true },
  /** The messages of the server's stream, or answers to one agent, told one of its secrets in pieces, and the answer was ended. */
  secret_told: { status: 502, delivered: true },
} as const;

export type SidecarReason = keyof typeof SIDECAR_REASONS;

export function isSidecarReason(value: string): value is SidecarReason {
  return Object.hasOwn(SIDECAR_REASONS, value);
}
