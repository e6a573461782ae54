import { NEWS_LATER_MS, NEWS_SOON_MS } from '../core/capacity/pace';
import { SESSION_IDLE_MS } from '../core/sealed-session';

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
  /** Diagnostics of all children together that are told at once, and in each second after that. In bytes. */
  childWordsBytes: 512 * 1024,
  childWordsBytesPerSecond: 32 * 1024,
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
  /** Messages that were written to such a stream, and are held for who lost it before they arrived. */
  replayMessages: 64,
  replayBytes: 64 * 1024,
  /** Age at which a GET stream ends, so that no replica is kept by who only listens; and how long its server's is held for who comes back. */
  streamAge: 5 * 60_000,
  streamHold: 60_000,
  /** A session without requests and without an open stream ends after this long. */
  sessionIdle: SESSION_IDLE_MS,
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
  /** How long the first call of a session waits for the head of its GET stream. */
  streamOpening: 250,
  /** How long a server may leave its stream open behind the response. */
  afterResponse: 1_000,
  /** Quiet time on an event stream before a comment is sent (load balancers cut idle connections). */
  heartbeat: 15_000,
  /** How often quiet streams are looked for. */
  heartbeatSweep: 5_000,
  /** Silence after which an answer becomes an event stream. */
  streamAfter: 10_000,
  /**
   * What is kept warm: how long after one was taken the next is begun, so that the agent's first call is through; how often one is begun
   * that nobody has asked for; the age at which one gives way to a new one.
   */
  warmPause: 100,
  warmEarned: 2_000,
  warmAge: 30 * 60_000,
  /** How long readiness waits for it. A service kills tasks that are not healthy a minute after their start. */
  warmBaseline: 30_000,
  /** From one that could not be got to the next: twice as long each time, at most so long; until readiness waits no more, less. */
  warmRetry: 500,
  warmRetryMost: 60_000,
  warmRetryAtStart: 2_000,
  /** How long a warm session may take to say that it is still there before an agent is given it. */
  warmAnswer: 1_000,
  /** How long a child that is not asked whether it runs must have run to pass for warm. */
  warmQuiet: 1_000,
  /** Largest params of `initialize` that are learned, and the agents of which they are. */
  warmShapeBytes: 4 * 1024,
  warmVoices: 64,
  /** From the end of a child's input to SIGTERM, and to SIGKILL. */
  childTerminate: 2_000,
  childKill: 5_000,
  /**
   * How long a stream of news of the slots lasts: within that time its gateway finds out that the load balancer has taken this instance
   * from its targets, and deregistration, which waits for what is open, ends.
   */
  newsStream: 20_000,
  /** How soon a change is told that decides whether anything can be begun here, and any other. */
  newsSoon: NEWS_SOON_MS,
  newsLater: NEWS_LATER_MS,
  /** How often metrics are printed and task protection is reviewed. */
  tick: 10_000,
  /** Longest wait for a TCP connection in a readiness check. */
  readyConnect: 1_000,
  /** One lease of task protection; renewed at half of it, and asked for again after so long where a deployment stood against it. */
  protectionLease: 15 * 60_000,
  blockedRetry: 60_000,
  /**
   * How often ECS is asked whether the instance is outdated: so long for each running task of the service, in these bounds. However
   * many tasks there are, a service asks about once in four seconds.
   */
  askDeploymentEach: 4_000,
  askDeployment: 15_000,
  askDeploymentMost: 5 * 60_000,
  /** For how long what takes an outdated instance's place has been running before sessions are sent there: two health checks. */
  successorSettles: 20_000,
  /** Sessions of an outdated instance that end in a second, at most. */
  handoversPerSecond: 20,
  handoverSweep: 1_000,
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
