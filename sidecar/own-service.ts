import type { EcsApi } from './ecs-api';
import type { ServiceMember } from './instance';

/** What ECS tells of an instance's service. */
export interface ServiceLook {
  /** Whether another deployment is taking the place of the one that started this instance. */
  readonly isOvertaken: boolean;
  /** Whether as many newer tasks run as the service shall have: of the PRIMARY deployment, or of one that it has overtaken in its turn. */
  readonly isSucceeded: boolean;
  /** Whether something of the PRIMARY deployment has failed of late. */
  readonly hasFailed: boolean;
  /** Tasks of the service that run. */
  readonly running: number;
}

interface Deployment {
  readonly id?: string;
  readonly status?: string;
  readonly desiredCount?: number;
  readonly runningCount?: number;
  readonly failedTasks?: number;
  /** Seconds since the epoch. */
  readonly createdAt?: number;
}

/** The service whose task this instance is, as ECS tells it. */
export class OwnService {
  /** Id of the deployment that started this instance; it never changes. */
  #startedBy?: string;

  constructor(
    private readonly ecs: EcsApi,
    private readonly member: ServiceMember,
  ) {}

  /**
   * Only a deployment that is listed as another than the PRIMARY one is overtaken: while the last task of it runs it is ACTIVE, and
   * where a rollback has brought back what it was, its tasks are the PRIMARY's, whoever has started them.
   * @throws EcsRefusal, and Error when the answer is none, or the network gives none
   */
  async look(): Promise<ServiceLook> {
    const { cluster, service } = this.member;
    this.#startedBy ??= await this.#askWhoStarted();
    const { services } = (await this.ecs.ask('DescribeServices', { cluster, services: [service] })) as {
      services?: [{ deployments?: Deployment[] }];
    };
    const deployments = services?.[0]?.deployments;
    const primary = deployments?.find(({ status }) => status === 'PRIMARY');
    if (deployments === undefined || primary === undefined) throw new Error(`ECS tells of no PRIMARY deployment of service ${service}`);
    const own = deployments.find(({ id }) => id === this.#startedBy);
    const newer = deployments.filter(({ createdAt = 0 }) => createdAt > (own?.createdAt ?? 0));
    return {
      isOvertaken: own !== undefined && own !== primary,
      isSucceeded: runningIn(newer) >= (primary.desiredCount ?? 1),
      hasFailed: (primary.failedTasks ?? 0) > 0,
      running: runningIn(deployments),
    };
  }

  async #askWhoStarted(): Promise<string> {
    const { cluster, task } = this.member;
    const { tasks } = (await this.ecs.ask('DescribeTasks', { cluster, tasks: [task] })) as { tasks?: [{ startedBy?: string }] };
    const startedBy = tasks?.[0]?.startedBy;
    if (startedBy === undefined) throw new Error(`ECS does not tell which deployment started task ${task}`);
    return startedBy;
  }
}

function runningIn(deployments: readonly Deployment[]): number {
  return deployments.reduce((sum, { runningCount = 0 }) => sum + runningCount, 0);
}
