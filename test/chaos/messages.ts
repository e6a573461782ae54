/** Official SDK clients as fleets use them: v1, v2 as it comes (legacy era), v2 pinned to the sessionless revision. */
export const AGENT_KINDS = ['v1', 'v2', 'modern'] as const;
export type AgentKind = (typeof AGENT_KINDS)[number];

export interface AgentSettings {
  /** Of the process; the fleet knows an agent of this name. */
  readonly name: string;
  readonly kind: AgentKind;
  readonly endpoint: string;
  readonly token: string;
  readonly seed: number;
  /** Agents in the process, each with a client and a recovering fetch of its own. */
  readonly agents: number;
  /** State-changing calls, of all of them. */
  readonly calls: number;
}

/** What an agent was left with. `nothing`: a timeout or an error that says nothing of the call. */
export type ToldOutcome = 'confirmed' | 'failed' | 'not_executed' | 'unknown' | 'nothing';

/** What one agent knows of one call in the end. */
export interface Told {
  readonly reference: string;
  /** Name of the agent in the fleet. */
  readonly agent: string;
  readonly tool: string;
  readonly outcome: ToldOutcome;
  readonly key?: string;
  readonly callId?: string;
  /** The gateway says that it is the outcome of an earlier call with the same key. */
  readonly replayed?: boolean;
  /** The result speaks of another transfer. */
  readonly foreign?: true;
  /** Name of the error in `error.data`, or what the client threw. */
  readonly error?: string;
  /** How often the call was sent. */
  readonly attempts: number;
  readonly milliseconds: number;
}

/** From an agent process to the campaign. */
export type Notice =
  | { readonly kind: 'told'; readonly told: Told }
  | { readonly kind: 'done' }
  | { readonly kind: 'failed'; readonly message: string };
