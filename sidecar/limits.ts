/** The sidecar's constants. Durations in milliseconds, sizes in bytes. */
export const LIMITS = {
  /** Largest request body. Above the 4 MiB that SDK servers take, so that theirs is the limit that callers meet. */
  bodyBytes: 4 * 1024 * 1024 + 64 * 1024,
  /**
   * Everything that is held for agents at once, and for one of them: bodies under way, what is read of answers on their way,
   * lines of stdio children in both directions, messages that wait. What exceeds it is refused. Kept answers have a bound of
   * their own below; both together leave most of the 256 MiB that a task reserves for its sidecar to the program itself.
   */
  heldBytes: 96 * 1024 * 1024,
  agentHeldBytes: 72 * 1024 * 1024,
  /** Largest answer of which the sidecar reads the body to tell a lost session from another error. */
  inspectedBytes: 4 * 1024,
  /** Longest JSON-RPC line of a stdio server. */
  lineBytes: 64 * 1024 * 1024,
  /** What may wait for a stdio child that does not read; a request beyond is refused. */
  childInputBytes: 8 * 1024 * 1024,
  /** Longest line of diagnostics that is read. */
  diagnosticLineBytes: 8 * 1024,
  /** What is told of a child's diagnostics when it ends before it has answered anything. */
  lastWordsLines: 20,
  lastWordsBytes: 2 * 1024,
  /** Largest answer to `initialize`, and longest session id that a server may give. */
  openingBytes: 1024 * 1024,
  serverSessionIdBytes: 8 * 1024,
  /** Most that a compressed answer may become, unless it is an event stream. */
  decodedBytes: 64 * 1024 * 1024,
  /** Messages that wait for a session's GET stream; the oldest are dropped. */
  backlogMessages: 256,
  backlogBytes: 1024 * 1024,
  /** A session without requests and without an open stream ends after this long. */
  sessionIdle: 60 * 60_000,
  /** A stdio child that serves an agent of the modern era ends after this long without calls. */
  agentChildIdle: 5 * 60_000,
  /** How often idle ones are looked for. */
  idleSweep: 15_000,
  /** How long a server may take to answer `initialize`. */
  initialize: 60_000,
  /** How long the end of a session waits for its claimed calls. */
  claimedWait: 10_000,
  /** How long a server may take to say whether it still has a session. */
  askSession: 5_000,
  /** How long a server may leave its stream open behind the response. */
  afterResponse: 1_000,
  /** Quiet time on an event stream before a comment is sent (load balancers cut idle connections). */
  heartbeat: 15_000,
  /** How often quiet streams are looked for. */
  heartbeatSweep: 5_000,
  /** Silence after which the answer of a stdio server becomes an event stream. */
  streamAfter: 10_000,
  /** From the end of a child's input to SIGTERM, and to SIGKILL. */
  childTerminate: 2_000,
  childKill: 5_000,
  /** How often metrics are printed and task protection is reviewed. */
  tick: 10_000,
  /** Longest wait for a TCP connection in a readiness check. */
  readyConnect: 1_000,
  /** One lease of task protection; renewed at half of it. */
  protectionLease: 15 * 60_000,
  /** Longest unbroken protection, so that a deployment always ends. */
  protectionTotal: 6 * 60 * 60_000,
  /** Answers of claimed calls that are kept for who asks: all of them, one of them, and for how long. */
  keptAnswersBytes: 16 * 1024 * 1024,
  keptAnswerBytes: 1024 * 1024,
  keptAnswerTime: 30 * 60_000,
  /** How long a claimed call may outlive its gateway. */
  orphanRun: 30 * 60_000,
  /** Above the longest idle timeout that an ALB can have (4000 s), so that never we close first. */
  keepAlive: 4_100_000,
} as const;

export type Limits = { readonly [name in keyof typeof LIMITS]: number };
