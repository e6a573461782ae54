import { DescribeServicesCommand, DescribeTasksCommand, ECSClient, paginateListTasks, type Service, type Task } from '@aws-sdk/client-ecs';
import { type DeployedService, deployedServices } from './deployed-programs';
import type { DeployedPlace } from './place';

/** Most of one request (ECS API, DescribeServices and DescribeTasks). */
const MOST_SERVICES = 10;
const MOST_TASKS = 100;

type Clustered = Pick<DeployedPlace, 'fleet' | 'stack' | 'cluster'>;

/** A service, and how many tasks it has. */
export interface RunningService extends DeployedService {
  readonly desired: number;
  readonly running: number;
  readonly pending: number;
  /** More than one while a deployment is under way. */
  readonly deployments: number;
}

/** A task of a service. */
export interface RunningTask extends Pick<DeployedService, 'role' | 'server'> {
  /** ECS task id. */
  readonly task: string;
  /** As ECS says it, such as RUNNING. */
  readonly status: string;
  /** In its VPC. */
  readonly address?: string;
  /** Milliseconds since the epoch. */
  readonly startedAt?: number;
}

export async function runningServices(place: Clustered): Promise<readonly RunningService[]> {
  const [client, declared] = [new ECSClient({}), await deployedServices(place)];
  const found: Service[] = [];
  for (const some of batchesOf(declared, MOST_SERVICES)) {
    const request = new DescribeServicesCommand({ cluster: place.cluster, services: some.map(({ arn }) => arn) });
    found.push(...((await client.send(request)).services ?? []));
  }
  return declared.map((service) => {
    const {
      desiredCount = 0,
      runningCount = 0,
      pendingCount = 0,
      deployments = [],
    } = found.find(({ serviceArn }) => serviceArn === service.arn) ?? {};
    return { ...service, desired: desiredCount, running: runningCount, pending: pendingCount, deployments: deployments.length };
  });
}

/** Tasks of the fleet's services that shall run. */
export async function runningTasks(place: Clustered): Promise<readonly RunningTask[]> {
  const client = new ECSClient({});
  const tasks: RunningTask[] = [];
  for (const { role, server, arn } of await deployedServices(place)) {
    const arns: string[] = [];
    for await (const { taskArns = [] } of paginateListTasks({ client }, { cluster: place.cluster, serviceName: arn }))
      arns.push(...taskArns);
    for (const some of batchesOf(arns, MOST_TASKS)) {
      const { tasks: described = [] } = await client.send(new DescribeTasksCommand({ cluster: place.cluster, tasks: [...some] }));
      tasks.push(...described.map((task) => ({ role, ...(server !== undefined && { server }), ...rowOf(task) })));
    }
  }
  return tasks;
}

function rowOf({ taskArn = '', lastStatus = '', startedAt, attachments = [] }: Task): Omit<RunningTask, 'role' | 'server'> {
  const details = attachments.flatMap((attachment) => attachment.details ?? []);
  const address = details.find(({ name }) => name === 'privateIPv4Address')?.value;
  return {
    task: taskArn.split('/').at(-1) as string,
    status: lastStatus,
    ...(address !== undefined && { address }),
    ...(startedAt !== undefined && { startedAt: startedAt.getTime() }),
  };
}

function batchesOf<T>(all: readonly T[], size: number): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(all.length / size) }, (_, at) => all.slice(at * size, (at + 1) * size)) as T[][];
}
