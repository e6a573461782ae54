import type { Agent } from '../core/agent';
import type { CallDigest } from '../core/call-digest';
import type { Seat } from '../core/capacity/server-capacity';
import type { ServerConfig, ToolConfig } from '../core/fleet-config';
import type { Wanted } from '../core/granted';
import type { Message } from '../core/message';
import type { Decision } from '../core/policy';
import type { AwaitedRequest, EventName } from '../core/sealed-event';
import type { SealedSession } from '../core/sealed-session';
import type { LedgerRow } from '../ledger/row';
import type { Verdict } from '../ledger/verdict';
import type { Held } from './holdings';
import type { Exchange } from './http/exchange';
import type { Answer } from './upstream/answer';

/**
 * How a request travels: `call` is recorded, and claimed where it may change something, `ask` calls the gateway's own tool, only `list` is filtered, only `open`
 * makes a session, `ask` and `resume` are answered from the ledger, `cancel` concerns another request, and `batch` is many requests.
 * What no server is sent: an `unlisted` request is refused, a `dropped` notification is taken and that is all.
 */
export type Lane = 'batch' | 'call' | 'ask' | 'list' | 'open' | 'close' | 'stream' | 'resume' | 'relay' | 'cancel' | 'unlisted' | 'dropped';

/** After identify: who asks what of which server. */
export interface Identified {
  readonly exchange: Exchange;
  readonly agent: Agent;
  readonly agentId: string;
  readonly server: string;
  readonly serverConfig: ServerConfig;
  readonly lane: Lane;
  /** Absent for GET and DELETE. */
  readonly message?: Message;
  /** The message in canonical spelling; a batch likewise. */
  readonly text?: string;
  /** The bytes that it holds in memory. */
  readonly held: Held;
  /** The id as the agent sent it, still sealed. */
  readonly sessionId?: string;
  readonly task?: string;
  /** Present where more than the use of the server is needed; after authorize in the lanes `call` and `ask` only. */
  readonly toolCall?: ToolCall;
  /** The event of ours that a GET goes on behind: the call of the `resume` lane, or an event of the server's. */
  readonly resumes?: EventName;
}

/** One `tools/call`, or another request that needs a grant for what it names. */
export interface ToolCall {
  readonly callId: string;
  /** Name of the tool; of another request its method. */
  readonly tool: string;
  /** What it names; of a request that is no `tools/call`. */
  readonly wanted?: readonly Wanted[];
  /** Canonical text of the arguments; of another request, of its params. */
  readonly argumentsText: string;
  readonly digest: CallDigest;
  /** It answers what the server asked for first (MCP 2026-07-28, multi-round-trip requests). */
  readonly continuation?: true;
  readonly policy: ToolConfig;
  readonly idempotencyKey?: string;
}

/** After authorize: what the agent may do there. */
export interface Authorized extends Identified {
  readonly decision: Decision;
}

/** A session and what its agent knows of it. */
export interface KnownSession extends SealedSession {
  /** Generation that the agent has been told of: one that is lower than the session's has a restoration to tell. */
  readonly told: number;
}

/** Which instance the sessionless requests of one agent or task go to. */
export interface Bond {
  /** Key of its row in the directory. */
  readonly key: string;
  readonly cookie: string;
  readonly instance: string;
}

/** After route: where it goes. */
export interface Routed extends Authorized {
  /** Where the session is now. Absent in the modern era, at `open`, and for servers that hold no sessions. */
  readonly session?: KnownSession;
  /** Where the sessionless requests of this agent or task go, for a server with affinity. */
  readonly bond?: Bond;
  /** Where there is a slot for it, for a request that takes one of its own. */
  readonly seat?: Seat;
}

/** After claim: what the ledger says of it. */
export interface Claimed extends Routed {
  /** Our claim, for a state-changing call; it is to be sent unless there is one of the next two. */
  readonly claim?: LedgerRow;
  /** Why nothing of that claim is sent: its write was not answered, or an earlier call stands before it. */
  readonly unsent?: Error;
  /** The settled row of the same call; nothing is sent. */
  readonly replay?: LedgerRow;
  /** The call without a key whose fence falls when this answer reaches its caller. */
  readonly fenced?: LedgerRow;
}

/** After forward: what came back. `answer` is absent where the answer has been streamed to the agent already. */
export interface Forwarded extends Claimed {
  readonly answer?: Answer;
  /** What the answer makes of a call that was sent. */
  readonly verdict?: Verdict;
  /** The request as its server knew it. */
  readonly awaited?: AwaitedRequest;
  /** Of a list of tasks, those that are this agent's. */
  readonly ownTasks?: ReadonlySet<string>;
  /** Milliseconds that the server took. */
  readonly upstreamMs: number;
}
