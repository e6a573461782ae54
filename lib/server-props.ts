import type { Duration, Expiration, Size } from 'aws-cdk-lib';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import type { ServerChecks } from '../core/server-checks';
import type { ApprovedTools } from './approved-tools';
import type { Argument } from './argument';
import type { CallLimit } from './call-limit';
import type { ServerMethod } from './server-method';
import type { ServerRuntime } from './server-runtime';
import type { ServerSecret } from './server-secret';
import type { ToolPolicy } from './tool-policy';

/** CPU and memory of one ECS task, in a combination that Fargate has (AWS: "Task CPU and memory"). */
export interface TaskSize {
  /** In 1/1024 of a vCPU: 256, 512, 1024, 2048, 4096, 8192 or 16384. */
  readonly cpu: number;
  readonly memory: Size;
}

export interface SessionOptions {
  /**
   * Most slots in use at once on one instance: a slot is a session, an open listen stream, or a sessionless call in flight.
   * From 1 to 10000; for stdio servers at most what the task's memory holds, at `childMemory` a child beside 256 MiB for the sidecar.
   * @default - 100 for HTTP servers; for stdio servers as many as there is room for
   */
  readonly perInstance?: number;
  /**
   * How many are kept ready on each instance before an agent asks, so that its first call waits for no start: children of a stdio
   * server, or sessions of an HTTP server, opened by the words with which agents open theirs. From 0 to 100, and no more than perInstance:
   * they and what is in use have its room together. A new instance is not ready before they are, or 30 s have passed.
   * @default 0
   */
  readonly warm?: number;
  /**
   * What becomes of a session whose instance is gone.
   * @default OnLoss.SURFACE
   */
  readonly onLoss?: OnLoss;
  /**
   * Whose sessionless requests (protocol revision 2026-07-28) go to one instance.
   * @default Affinity.NONE
   */
  readonly affinity?: Affinity;
  /**
   * What waits while all slots are in use: sessions that open, and sessionless requests. Agents take turns.
   * @default - 1000 requests at each gateway, each for at most 40 s, or 55 s with `minInstances: 0`
   */
  readonly queue?: QueueOptions;
}

/** What waits for a slot, at each gateway. */
export interface QueueOptions {
  /**
   * Most requests that wait, from 1 to 10000. In a full queue a newcomer takes the last place of the agent that has the most.
   * @default 1000
   */
  readonly length?: number;
  /**
   * Longest wait, in whole seconds from 1 to 55: SDK clients give a request up after 60 s. Then it is answered `AT_CAPACITY`, and
   * was not executed.
   * @default - 40 s; 55 s for a server that may have no instance
   */
  readonly wait?: Duration;
}

/** What becomes of a session whose instance is gone. */
export enum OnLoss {
  /** The agent is told with the protocol's 404, and opens a new session. */
  SURFACE = 'surface',
  /**
   * The gateway opens the session again on another instance, from the agent's own initialize, log level and subscriptions;
   * the agent keeps its id and reads `sessionRestored: true` in the next result. What else the server held is lost, silently
   * for an agent that does not look: for servers whose sessions hold nothing of their own.
   */
  RESTART = 'restart',
}

/** Whose sessionless requests go to one instance, for servers that keep state behind handles in memory. */
export enum Affinity {
  /** Any instance takes any request. */
  NONE = 'none',
  /** All requests of an agent go to one instance while it lives. */
  AGENT = 'agent',
  /** All requests of an agent's task go to one instance while it lives; without a task id, those of the agent. */
  TASK = 'task',
}

export interface ScalingOptions {
  /**
   * From 0 to 5000. With 0 a server that nobody uses costs nothing: who comes first waits in the queue while an instance starts, and is
   * answered `AT_CAPACITY` where that takes longer. Not beside `sessions.warm` or `sessions.affinity`, and not by a number that only deployment
   * knows.
   * @default 2
   */
  readonly minInstances?: number;
  /** @default - 10, or minInstances where that is more */
  readonly maxInstances?: number;
  /**
   * Average share of slots in use that scaling keeps, in percent, from 10 to 80; the alarm "slots nearly full" stands at 90.
   * @default 70
   */
  readonly targetUtilization?: number;
  /**
   * With `minInstances: 0`: for how long the last instance stays when its last slot has become free, in whole minutes from 1 to 1440. It may
   * stay for longer: target tracking looks at a quarter of an hour before it takes one away (Application Auto Scaling).
   * @default Duration.minutes(15)
   */
  readonly scaleToZeroAfter?: Duration;
}

/** A budget for one call. */
export interface RecoveryOptions {
  /**
   * How often the call is sent, or evidence of it is looked for, in all; from 1 to 20.
   * @default 6
   */
  readonly attempts?: number;
  /**
   * From the first failure until nothing more is tried, from 1 s to 10 min.
   * @default Duration.seconds(20)
   */
  readonly within?: Duration;
}

export interface AddServerProps {
  readonly runtime: ServerRuntime;
  /** @default - see each option */
  readonly sessions?: SessionOptions;
  /** @default - see each option */
  readonly scaling?: ScalingOptions;
  /**
   * What the tools do, by tool name as the server lists it; at most 1024 bytes.
   * @default - every tool is taken for state-changing
   */
  readonly tools?: { [name: string]: ToolPolicy };
  /**
   * Methods of the server's own that agents may say to it, beside those of the protocol.
   * @default - none: what the protocol does not have does not reach the server
   */
  readonly methods?: ServerMethod[];
  /**
   * JSON-RPC error codes by which this server refuses a call for good. It matters for -32000, -32001 and -32603: bridges say them for
   * time-outs of their own, too, so that a call that is to change something and is answered so is of unknown outcome. Codes that are
   * listed here, and all others, mean that it failed.
   * @default - none
   */
  readonly finalErrors?: number[];
  /**
   * Whether the gateway adds the tool `fleet_call_outcome` to the server's, by which an agent that can only call tools asks
   * what became of an earlier call. It reads the ledger and executes nothing; who may use the server may call it, unless the
   * allowlist denies it by name. A tool of that name that the server has is out of reach.
   * @default false
   */
  readonly outcomeTool?: boolean;
  /**
   * Whether the server's own `readOnlyHint` and `idempotentHint` are believed for tools that are not declared. A hint that is
   * wrong makes a write a read that may run twice: only for servers that you have read.
   * @default false
   */
  readonly trustAnnotations?: boolean;
  /**
   * What the server says that was reviewed: definitions of tools, prompts and resources, and its instructions. What differs no agent
   * gets, unless it says otherwise.
   * @default - agents get whatever the server says
   */
  readonly approvedTools?: ApprovedTools;
  /**
   * What recovery on an agent's behalf may cost. Spent, it ends in an error that says what was tried.
   * @default - 6 attempts within 20 s
   */
  readonly recovery?: RecoveryOptions;
  /**
   * Secrets for the server; a stdio server's children see them too.
   * @default - none
   */
  readonly secrets?: ServerSecret[];
  /**
   * Environment variables for the server. `PORT` and names that start with `MCP_FLEET_` are taken, `PATH` is the image's, and a stdio
   * server's cannot be what the sidecar beside it would obey itself, such as `NODE_OPTIONS` (docs/synth.md).
   * @default - none
   */
  readonly environment?: { [name: string]: string };
  /**
   * A log group that is there already, of the class Standard, for what sidecars write, which is metrics as well, and what children of a stdio
   * server say in lines of theirs (docs/companies.md). How long it keeps lines, and under which key, is its own.
   * @default - one is made
   */
  readonly logGroup?: ILogGroup;
  /**
   * The same for what the server's own container writes, over HTTP: one that this app makes, of the class Infrequent Access. In no other is it
   * certain that a server cannot print metrics in the name of another (docs/containment.md).
   * @default - one is made
   */
  readonly serverLogGroup?: ILogGroup;
  /** @default - 0.5 vCPU and 1 GiB, the sidecar included */
  readonly taskSize?: TaskSize;
  /**
   * How long the server may take for an answer, in whole seconds from 1 to 900. What takes longer ends as `OUTCOME_UNKNOWN`, and a call that
   * may change something is looked up. Behind `FleetEdge.apiGateway` it goes with `sessions.queue.wait` into the 900 s that an answer may take.
   * @default - 15 minutes
   */
  readonly longestCall?: Duration;
  /**
   * Age at which a `subscriptions/listen` stream (MCP 2026-07-28) ends with its result, for its agent to open another: in whole seconds from
   * 10 to 86400, and up to a quarter sooner.
   * @default - none: SDK clients do not open another by themselves
   */
  readonly listenAge?: Duration;
  /**
   * How long the load balancer lets what is open on an instance that ends go on before it cuts it, in whole seconds from `drain` to
   * 3600 (Elastic Load Balancing); only then comes SIGTERM. It is over sooner where nothing is open: GET streams end by themselves at
   * half of it, and at the latest after five minutes, for their agents to open others.
   * @default - longestCall, or drain where that is longer
   */
  readonly deregistrationDelay?: Duration;
  /**
   * How long the sidecar of an instance that ends waits, after SIGTERM, for what came to it past the load balancer's delay, from 1 to
   * 110 s. ECS kills at 10 s more (Fargate: at most 120 s).
   * @default Duration.seconds(110)
   */
  readonly drain?: Duration;
  /**
   * How long a new instance may take before failed health checks count against it, in whole seconds from 0 to 7200: for a server that reads
   * much before it listens. The balancer sends it nothing before it is healthy, however long that takes.
   * @default Duration.seconds(60)
   */
  readonly startGrace?: Duration;
  /**
   * How long a deployment waits for sessions on the instances that it replaces, in whole minutes from 1 to 150 (CloudFormation gives a
   * service up after three hours). Such an instance takes nothing new, and sessions of `OnLoss.RESTART` go on elsewhere as soon as
   * nothing is open on them; what is left in the end is ended as if the instance was gone.
   * @default Duration.minutes(45)
   */
  readonly deployWithin?: Duration;
  /**
   * Calls that `mcp-fleet local` and `mcp-fleet check` may make to prove the eight checks on this server.
   * @default - what needs a tool to be called is not proven, and the checks say so
   */
  readonly checks?: ServerChecks;
}

/** What an agent may do on a server: at least one of `tools`, `resources` and `prompts`; 1 to 1000 names of 100 kB in all. */
export interface CallGrantProps {
  /**
   * Names of tools as the server lists them (each at most 1024 bytes), or `McpServer.ALL_TOOLS` alone.
   * @default - none
   */
  readonly tools?: string[];
  /**
   * What arguments must be, by tool and by name of the argument; all must hold. Of tools that `tools` names.
   * @default - a call may have any
   */
  readonly when?: { [tool: string]: { [argument: string]: Argument } };
  /**
   * How often a tool may be called, by tool. Of tools that `tools` names; each of their calls is then counted by one write.
   * @default - as often as it likes
   */
  readonly limits?: { [tool: string]: CallLimit };
  /**
   * URIs of resources that may be read and subscribed to, or `McpServer.ALL_RESOURCES` alone. `*` in one stands for any characters, slashes
   * included, and all else for itself: `docs://handbook/*`.
   * @default - none
   */
  readonly resources?: string[];
  /**
   * Names of prompts that may be got, or `McpServer.ALL_PROMPTS` alone. `*` in one stands for any characters.
   * @default - none
   */
  readonly prompts?: string[];
  /**
   * From when on the grant does not count. One that has run out is warned of at synth.
   * @default - it counts until it is removed
   */
  readonly expires?: Expiration;
}

/** What an agent may not do on a server, whatever else grants it; at least one of `tools`, `resources` and `prompts`. */
export interface CallDenialProps {
  /**
   * Names of tools, or `McpServer.ALL_TOOLS` alone, which closes the whole server.
   * @default - none
   */
  readonly tools?: string[];
  /**
   * URIs of resources; `*` in one stands for any characters. Beside one, nothing is open that some parsers could read as what it covers.
   * @default - none
   */
  readonly resources?: string[];
  /**
   * Names of prompts; `*` in one stands for any characters.
   * @default - none
   */
  readonly prompts?: string[];
  /**
   * From when on it does not count.
   * @default - it counts until it is removed
   */
  readonly expires?: Expiration;
}
