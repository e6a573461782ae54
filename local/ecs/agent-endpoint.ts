import { randomUUID } from 'node:crypto';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { readBody } from '../processes/body';
import { closeServer, forThisHost, listenOnLoopback, portOf } from '../processes/http-server';

/** What the ECS agent tells of a task (task metadata endpoint version 4). */
export interface TaskMetadata {
  readonly Cluster: string;
  readonly TaskARN: string;
  readonly Family: string;
  readonly Revision: string;
  readonly DesiredStatus: string;
  readonly KnownStatus: string;
  readonly AvailabilityZone: string;
  readonly LaunchType: 'FARGATE';
  readonly ServiceName: string;
  readonly Containers: readonly ContainerMetadata[];
}

export interface ContainerMetadata {
  readonly DockerId: string;
  readonly Name: string;
  readonly Image: string;
  readonly DesiredStatus: string;
  readonly KnownStatus: string;
  readonly Labels: Readonly<Record<string, string>>;
  readonly Networks: readonly { readonly NetworkMode: 'awsvpc'; readonly IPv4Addresses: readonly string[] }[];
}

/** A task, as the agent sees it. */
export interface AgentTask {
  metadata(): TaskMetadata;
  /** Time until which the task may not be taken by scale-in, in milliseconds since the epoch; 0 when it is not protected. */
  protectedUntil: number;
  /** Whether its service has more protected tasks than it shall run: then none of them is given more time. */
  readonly isDeploymentBlocked: boolean;
  /** Why the task's role may not ask for this; undefined where it may. */
  refusalOf(action: 'ecs:GetTaskProtection' | 'ecs:UpdateTaskProtection'): string | undefined;
}

const ROUTE = /^\/(?<api>v4|api)\/(?<container>[^/]+)(?<path>\/[^?]*)?/;
const PROTECTION = '/task-protection/v1/state';
/** Minutes of protection without `ExpiresInMinutes`, and the longest that may be asked for (ECS, UpdateTaskProtection). */
const DEFAULT_MINUTES = 120;
const MAX_MINUTES = 2880;
const BLOCKED = 'The service has more protected tasks than the desired count of tasks.';

/** The ECS agent's endpoints on loopback: task metadata v4 and task scale-in protection. */
export class AgentEndpoint {
  private readonly containers = new Map<string, { readonly task: AgentTask; readonly name: string }>();

  private constructor(private readonly server: Server) {}

  static async start(): Promise<AgentEndpoint> {
    const server = await listenOnLoopback(forThisHost((request, response) => void endpoint.answer(request, response)));
    const endpoint = new AgentEndpoint(server);
    return endpoint;
  }

  /** The two variables that ECS gives to one container. */
  admit(task: AgentTask, name: string): { ECS_CONTAINER_METADATA_URI_V4: string; ECS_AGENT_URI: string } {
    const id = randomUUID();
    this.containers.set(id, { task, name });
    const base = `http://127.0.0.1:${portOf(this.server)}`;
    return { ECS_CONTAINER_METADATA_URI_V4: `${base}/v4/${id}`, ECS_AGENT_URI: `${base}/api/${id}` };
  }

  dismiss(task: AgentTask): void {
    for (const [id, entry] of this.containers) if (entry.task === task) this.containers.delete(id);
  }

  stop(): Promise<void> {
    return closeServer(this.server);
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { api, container, path = '' } = ROUTE.exec(request.url ?? '')?.groups ?? {};
    const entry = this.containers.get(container ?? '');
    if (!entry) return send(response, 404, { error: 'There is no such container' });
    const metadata = entry.task.metadata();
    if (api === 'v4' && path === '')
      return send(
        response,
        200,
        metadata.Containers.find(({ Name }) => Name === entry.name),
      );
    if (api === 'v4' && path === '/task') return send(response, 200, metadata);
    if (api === 'api' && path === PROTECTION) return answerProtection(request, response, entry.task);
    send(response, 404, { error: `The local account has no ${request.method} ${request.url}` });
  }
}

async function answerProtection(request: IncomingMessage, response: ServerResponse, task: AgentTask): Promise<void> {
  const arn = task.metadata().TaskARN;
  const refusal = task.refusalOf(request.method === 'PUT' ? 'ecs:UpdateTaskProtection' : 'ecs:GetTaskProtection');
  if (refusal !== undefined) {
    // What was asked is left unread; the agent asks ECS by the task's role (ECS Developer Guide, "Task scale-in protection endpoint").
    request.resume();
    return send(response, 400, { requestID: randomUUID(), error: { Arn: arn, Code: 'AccessDeniedException', Message: refusal } });
  }
  if (request.method === 'PUT') {
    const { ProtectionEnabled, ExpiresInMinutes = DEFAULT_MINUTES } = parse(await readBody(request));
    const valid = Number.isInteger(ExpiresInMinutes) && Number(ExpiresInMinutes) >= 1 && Number(ExpiresInMinutes) <= MAX_MINUTES;
    if (typeof ProtectionEnabled !== 'boolean' || !valid) {
      const Message = `ProtectionEnabled must be a boolean and ExpiresInMinutes 1 to ${MAX_MINUTES}`;
      return send(response, 400, { requestID: randomUUID(), error: { Arn: arn, Code: 'InvalidParameterException', Message } });
    }
    if (ProtectionEnabled && task.isDeploymentBlocked)
      return send(response, 200, { requestID: randomUUID(), failure: { Arn: arn, Reason: 'DEPLOYMENT_BLOCKED', Detail: BLOCKED } });
    task.protectedUntil = ProtectionEnabled ? Date.now() + Number(ExpiresInMinutes) * 60_000 : 0;
  } else if (request.method !== 'GET') return send(response, 405, { error: 'GET or PUT' });
  const enabled = task.protectedUntil > Date.now();
  const ExpirationDate = enabled ? { ExpirationDate: new Date(task.protectedUntil).toISOString() } : {};
  send(response, 200, { requestID: randomUUID(), protection: { TaskArn: arn, ProtectionEnabled: enabled, ...ExpirationDate } });
}

function parse(text: string): { ProtectionEnabled?: unknown; ExpiresInMinutes?: unknown } {
  try {
    return JSON.parse(text) as { ProtectionEnabled?: unknown };
  } catch {
    return {};
  }
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
