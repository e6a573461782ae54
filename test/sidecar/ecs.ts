import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { EcsApi } from '../../sidecar/ecs-api';
import { OwnService } from '../../sidecar/own-service';

const TASK = 'arn:aws:ecs:eu-central-1:000000000000:task/fleet/0123abcd';
const STATE = '/api/c/task-protection/v1/state';

export const PROTECT = { ProtectionEnabled: true, ExpiresInMinutes: 15 };
export const RELEASE = { ProtectionEnabled: false };

interface Deployment {
  readonly id: string;
  readonly status: 'PRIMARY' | 'ACTIVE' | 'INACTIVE';
  readonly taskDefinition?: string;
  readonly desiredCount: number;
  readonly runningCount: number;
  readonly failedTasks?: number;
}

/** Stands in for ECS as one task sees it, on a real socket: its API, its metadata and its agent. */
export class Ecs {
  /** Operations that were asked for, with what they were given. */
  readonly asked: { readonly operation: string; readonly input: unknown; readonly authorization: string }[] = [];
  /** Of task protection. */
  readonly states: unknown[] = [];
  deployments: readonly Deployment[] = [];
  /** What the API refuses with, by the name of the error. */
  refusal?: string;
  /** Reason for which protection is refused. */
  protectionRefusal?: string;

  private constructor(private readonly server: Server) {}

  /** With one task of two, which the deployment `ecs-svc/1` has started. */
  static async start(): Promise<Ecs> {
    const server = createServer(async (request, response) => {
      let body = '';
      for await (const chunk of request) body += chunk;
      const { url, headers } = request;
      if (url === '/v4/c/task') response.end(JSON.stringify({ TaskARN: TASK, Cluster: 'fleet', ServiceName: 'tools' }));
      else if (url === STATE) response.end(JSON.stringify(ecs.setProtection(JSON.parse(body))));
      else {
        const operation = String(headers['x-amz-target']).replace('AmazonEC2ContainerServiceV20141113.', '');
        ecs.asked.push({ operation, input: JSON.parse(body), authorization: String(headers.authorization) });
        response.writeHead(ecs.refusal === undefined ? 200 : 400).end(JSON.stringify(ecs.answerTo(operation)));
      }
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const ecs = new Ecs(server);
    ecs.isCurrent();
    return ecs;
  }

  /** What ECS and its agent give to a task. */
  get environment(): Record<string, string> {
    return {
      ECS_CONTAINER_METADATA_URI_V4: `${this.#url}/v4/c`,
      ECS_AGENT_URI: this.agentUri,
      AWS_ENDPOINT_URL: this.#url,
      AWS_ACCESS_KEY_ID: 'AKID',
      AWS_SECRET_ACCESS_KEY: 'secret',
    };
  }

  get agentUri(): string {
    return `${this.#url}/api/c`;
  }

  get service(): OwnService {
    return new OwnService(new EcsApi(this.environment, 'eu-central-1'), { task: TASK, cluster: 'fleet', service: 'tools' });
  }

  isCurrent(desiredCount = 2): void {
    this.deployments = [{ id: 'ecs-svc/1', status: 'PRIMARY', desiredCount, runningCount: desiredCount }];
  }

  /** Another deployment is under way. @param runningCount of its two tasks */
  isOvertaken(runningCount = 2, failedTasks = 0): void {
    this.deployments = [
      { id: 'ecs-svc/2', status: 'PRIMARY', desiredCount: 2, runningCount, failedTasks },
      { id: 'ecs-svc/1', status: 'ACTIVE', desiredCount: 2, runningCount: 2 },
    ];
  }

  stop(): void {
    this.server.closeAllConnections();
    this.server.close();
  }

  get #url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  private setProtection(state: unknown): object {
    this.states.push(state);
    return this.protectionRefusal === undefined ? {} : { failure: { Reason: this.protectionRefusal } };
  }

  private answerTo(operation: string): object {
    if (this.refusal !== undefined) return { __type: this.refusal, message: 'no' };
    return operation === 'DescribeTasks'
      ? { tasks: [{ startedBy: 'ecs-svc/1' }] }
      : { services: [{ deployments: this.deployments.map(inTime) }] };
  }
}

/** The higher its number, the later it was made. */
function inTime(deployment: Deployment): object {
  return { ...deployment, createdAt: 1_800_000_000 + Number(deployment.id.replace(/^\D+/, '')) };
}
