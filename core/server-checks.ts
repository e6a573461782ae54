/** What `mcp-fleet check` may call of a server, as its operator declares it and as the template's metadata carries it. */

/** In arguments of a probe: stands for a word that is new in each call. */
export const MARK = '{mark}';

/** A call that the checks may make. */
export interface ProbeCall {
  /** The tool, as the server lists it. */
  readonly tool: string;
  /**
   * Arguments of the call, as JSON. `{mark}` within a text stands for a word that is new in each call.
   * @default - none
   */
  // biome-ignore lint/suspicious/noExplicitAny: any JSON
  readonly arguments?: { [name: string]: any };
}

/** A harmless read: it is made some hundred times. */
export interface ReadProbe extends ProbeCall {
  /**
   * JSONata over `{ mark, result }` (`result` is the CallToolResult) that is `true` for the right answer.
   * @default - every result that is no error is right
   */
  readonly expect?: string;
}

/** A harmless call that changes something, and the read that tells how often it did. Its arguments hold `{mark}`. */
export interface WriteProbe extends ProbeCall {
  readonly executions: ExecutionsProbe;
}

/** A read of the same server that counts executions of a write with a mark. Its arguments hold `{mark}`. */
export interface ExecutionsProbe extends ProbeCall {
  /** JSONata over `{ mark, result }` that gives the number of executions, such as `result.structuredContent.count`. */
  readonly count: string;
}

/**
 * Calls of a server that the checks may make with its own agents: `mcp-fleet local` makes them each time it starts. What is left out
 * is not proven for this server, and the check says so.
 */
export interface ServerChecks {
  /**
   * Proves affinity and audit by calls: made in every session, with its answer held against `expect`.
   * @default - sessions are proven by pings, audit by refused calls
   */
  readonly read?: ReadProbe;
  /**
   * Proves that nothing is executed twice: sent again with its key, five times at once, and after a connection that was cut.
   * @default - not proven
   */
  readonly write?: WriteProbe;
  /**
   * A write that takes some three to ten seconds: an instance is killed in the midst of it. Proves what agents are told then.
   * @default - not proven
   */
  readonly lasting?: WriteProbe;
  /**
   * A call that the tool refuses each time (`isError`). Proves that such a failure is told apart from a lost call.
   * @default - not proven
   */
  readonly failing?: ProbeCall;
  /**
   * A read that could show a secret of the server, such as its status: the secrets are looked for in the answer.
   * @default - they are looked for in what the other probes show
   */
  readonly leak?: ReadProbe;
}
