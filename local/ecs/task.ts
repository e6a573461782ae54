import { randomBytes } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { RoleCredentials } from '../iam/sessions';
import { exitText } from '../processes/program';
import type { AgentTask, TaskMetadata } from './agent-endpoint';
import { Container } from './container';
import type { Failure } from './failure';
import type { EcsMachine } from './machine';
import { refusedPreparation } from './preparation';
import type { ServiceSettings } from './service-settings';
import { type Condition, portsOf, revisionOf, type TaskDefinition } from './task-definition';

export interface TaskPlace {
  readonly cluster: string;
  readonly service: string;
  readonly id?: ServiceSettings['id'];
  readonly zone: string;
  /** Id of the deployment that starts it; absent for a task that stands alone. */
  readonly startedBy?: string;
  /** Absent for a task that stands alone. */
  readonly scheduler?: TaskScheduler;
}

/** What a task and its service know of each other. */
export interface TaskScheduler {
  readonly isDeploymentBlocked: boolean;
  /** Told when a task is protected, or released. */
  protectionChanged(): void;
}

/** One running copy of a task definition. */
export class Task implements AgentTask {
  readonly id = randomBytes(16).toString('hex');
  readonly arn: string;
  readonly containers: readonly Container[];
  private leaseEnd = 0;
  private readonly ports: ReadonlyMap<number, number>;
  private readonly folder: string;
  private readonly credentials: RoleCredentials | undefined;
  private stopping: Promise<void> | undefined;
  private status: 'PENDING' | 'RUNNING' | 'STOPPED' = 'PENDING';
  private ended: (why: Failure) => void = () => {};
  /** Resolves with the reason when it can no longer run: an essential container ended, failed to start or is unhealthy. */
  readonly failed = new Promise<Failure>((done) => {
    this.ended = done;
  });

  private constructor(
    readonly definition: TaskDefinition,
    private readonly place: TaskPlace,
    private readonly machine: EcsMachine,
    ports: ReadonlyMap<number, number>,
  ) {
    this.arn = `arn:aws:ecs:${machine.region}:${machine.account}:task/${place.cluster}/${this.id}`;
    this.ports = ports;
    this.folder = join(machine.folder, this.id);
    mkdirSync(this.folder, { recursive: true, mode: 0o711 });
    for (const name of ['home', 'tmp']) mkdirSync(join(this.folder, name), { recursive: true });
    const { task: role } = definition.roles ?? {};
    machine.iam.admitTask(this.arn, `arn:aws:ecs:${machine.region}:${machine.account}:service/${place.cluster}/${place.service}`);
    this.credentials = role === undefined ? undefined : machine.iam.sessions.open(role, this.id);
    this.containers = definition.containers.map((container) => {
      const { Name } = container.properties;
      const shortSource = this.id.slice(0, 8);
      const log = machine.logs.open(`${place.service}-${shortSource}-${Name}`, {
        role: container.role,
        ...(definition.server && { server: definition.server }),
        source: this.id,
        shortSource,
        ...(container.metricless && { metricless: true }),
      });
      const agent = machine.agent.admit(this, Name);
      return new Container(
        container,
        {
          ports,
          folder: this.folder,
          agent,
          log,
          ...(this.credentials && { credentials: this.credentials }),
          ...(place.id !== undefined && { service: place.id }),
        },
        machine,
      );
    });
  }

  static async create(definition: TaskDefinition, place: TaskPlace, machine: EcsMachine): Promise<Task> {
    const ports = new Map<number, number>();
    for (const port of portsOf(definition.containers)) ports.set(port, await machine.ports.take());
    return new Task(definition, place, machine, ports);
  }

  /** Id of the deployment that started it: a rollback that takes it over leaves it as it is. */
  get startedBy(): string | undefined {
    return this.place.startedBy;
  }

  get zone(): string {
    return this.place.zone;
  }

  /** Whether every container runs, and is healthy where it is checked and another one waits for it. */
  get running(): boolean {
    return this.status === 'RUNNING';
  }

  get protectedUntil(): number {
    return this.leaseEnd;
  }

  set protectedUntil(time: number) {
    this.leaseEnd = time;
    this.place.scheduler?.protectionChanged();
  }

  /** As the template knows its service. */
  get service(): string | undefined {
    return this.place.id;
  }

  get isProtected(): boolean {
    return this.leaseEnd > Date.now();
  }

  /** Why its role may not ask for this, as AWS says it. */
  refusalOf(action: 'ecs:GetTaskProtection' | 'ecs:UpdateTaskProtection'): string | undefined {
    const { machine, definition, place } = this;
    const { task: role } = definition.roles ?? {};
    const cluster = `arn:aws:ecs:${machine.region}:${machine.account}:cluster/${place.cluster}`;
    const call = { action, resource: this.arn, context: { 'ecs:cluster': cluster } };
    return role === undefined ? undefined : machine.iam.authorize({ kind: 'role', role, session: this.id }, [call]);
  }

  get isDeploymentBlocked(): boolean {
    return this.place.scheduler?.isDeploymentBlocked ?? false;
  }

  /** Port on this machine of a port of the task. */
  localPort(containerPort: number): number | undefined {
    return this.ports.get(containerPort);
  }

  /** The port of the task that has a port of this machine. */
  containerPort(localPort: number): number | undefined {
    return [...this.ports].find(([, local]) => local === localPort)?.[0];
  }

  /** Starts the containers in the order of their dependencies. */
  async start(): Promise<void> {
    await this.machine.iam.settled();
    const refused = refusedPreparation(this.definition, this.id, this.machine);
    const container = this.containers.find(({ name }) => name === refused?.container);
    if (refused && container) return this.ended({ container, what: `could not be started: ${refused.text}` });
    await Promise.all(this.containers.map((container) => this.startContainer(container)));
    if (!this.stopping) this.status = 'RUNNING';
  }

  /**
   * Ends every container: each is told after those that depend on it have ended, as ECS does it.
   * @param limitMs bounds the stop timeout of each container
   */
  stop(limitMs = Number.POSITIVE_INFINITY): Promise<void> {
    if (this.stopping && Number.isFinite(limitMs)) this.killAfter(limitMs);
    this.stopping ??= this.stopContainers(limitMs);
    return this.stopping;
  }

  metadata(): TaskMetadata {
    const { machine, place, definition } = this;
    const desired = this.stopping ? 'STOPPED' : 'RUNNING';
    const cluster = `arn:aws:ecs:${machine.region}:${machine.account}:cluster/${place.cluster}`;
    const revision = revisionOf(definition);
    return {
      Cluster: cluster,
      TaskARN: this.arn,
      Family: definition.family,
      Revision: revision,
      DesiredStatus: desired,
      KnownStatus: this.status,
      AvailabilityZone: place.zone,
      LaunchType: 'FARGATE',
      ServiceName: place.service,
      Containers: this.containers.map((container) => ({
        DockerId: `${this.id}-${container.name}`,
        Name: container.name,
        Image: container.definition.properties.Image,
        DesiredStatus: desired,
        KnownStatus: container.pid === undefined ? 'STOPPED' : 'RUNNING',
        Labels: {
          'com.amazonaws.ecs.cluster': cluster,
          'com.amazonaws.ecs.container-name': container.name,
          'com.amazonaws.ecs.task-arn': this.arn,
          'com.amazonaws.ecs.task-definition-family': definition.family,
          'com.amazonaws.ecs.task-definition-version': revision,
        },
        Networks: [{ NetworkMode: 'awsvpc', IPv4Addresses: ['127.0.0.1'] }],
      })),
    };
  }

  private async startContainer(container: Container): Promise<void> {
    for (const { ContainerName, Condition } of container.definition.properties.DependsOn ?? []) {
      const dependency = this.containers.find(({ name }) => name === ContainerName);
      if (dependency) await this.reached(dependency, Condition);
    }
    try {
      await container.start();
    } catch (error) {
      this.ended({ container, what: `could not be started: ${error instanceof Error ? error.message : String(error)}` });
      return;
    }
    if (!container.essential) return;
    void container.exited.then((exit) => this.ended({ container, what: exitText(exit), exit }));
    container.health.onChange((status) => {
      if (status === 'UNHEALTHY') this.ended({ container, what: `fails its health check: ${container.health.lastAnswer?.said}` });
    });
  }

  /** Waits for a condition of a container that others depend on. */
  private async reached(dependency: Container, condition: Condition): Promise<void> {
    if (condition === 'COMPLETE' || condition === 'SUCCESS') {
      const exit = await dependency.exited;
      if (condition === 'SUCCESS' && exit.code !== 0) {
        this.ended({ container: dependency, what: `${exitText(exit)}, and others wait for its success`, exit });
      }
      return;
    }
    await dependency.started;
    if (condition !== 'HEALTHY' || dependency.health.status === 'HEALTHY') return;
    dependency.health.hurry();
    await new Promise<void>((done) => dependency.health.onChange((status) => status === 'HEALTHY' && done()));
  }

  private async stopContainers(limitMs: number): Promise<void> {
    await Promise.all(
      this.containers.map(async (container) => {
        await Promise.all(this.dependentsOf(container).map(({ exited }) => exited));
        await container.stop(limitMs);
      }),
    );
    this.status = 'STOPPED';
    this.machine.agent.dismiss(this);
    this.machine.iam.dismissTask(this.arn);
    if (this.credentials) this.machine.iam.sessions.close(this.credentials);
    for (const port of this.ports.values()) this.machine.ports.release(port);
    for (const { log } of this.containers) log.close();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** A stop that is under way is given less time. */
  private killAfter(limitMs: number): void {
    const timer = setTimeout(() => {
      for (const container of this.containers) container.kill();
    }, limitMs);
    void this.stopping?.then(() => clearTimeout(timer));
  }

  private dependentsOf(container: Container): Container[] {
    return this.containers.filter(({ definition }) =>
      definition.properties.DependsOn?.some(({ ContainerName }) => ContainerName === container.name),
    );
  }
}
