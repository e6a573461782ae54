import type { ServiceEvent, ServicePart, ServiceTrouble } from '../local-account';
import { type Exit, exitText } from '../processes/program';
import type { Container } from './container';
import { type Failure, speakerOf } from './failure';
import type { Task } from './task';
import type { TaskDefinition } from './task-definition';

/** Tells of what befalls a service. An end that was asked for is no news. */
export class ServiceNews {
  constructor(
    private readonly service: string,
    private readonly definition: TaskDefinition,
    private readonly tell: (event: ServiceEvent) => void,
  ) {}

  /** A task is replaced. @param retryMs until another one is started */
  failed(task: Task, { container, what, exit }: Failure, retryMs: number): void {
    if (container?.endsOnDemand) return;
    this.tell({ event: 'failed', ...this.trouble(task, container ?? speakerOf(task), what, exit), retryMs });
  }

  /** A task is given time. */
  waiting(task: Task, what: string): void {
    this.tell({ event: 'waiting', ...this.trouble(task, speakerOf(task), what) });
  }

  /** As many tasks as are wanted are healthy. */
  healthy(): void {
    this.tell({ event: 'healthy', ...partOf(this.service, this.definition) });
  }

  /** Tells of the containers without which the task goes on, unless they end as planned. */
  watchOthers(task: Task): void {
    for (const container of task.containers.filter(({ essential }) => !essential)) {
      void container.exited.then((exit) => {
        if (exit.code === 0 || container.endsOnDemand) return;
        this.tell({ event: 'lost', ...this.trouble(task, container, exitText(exit), exit) });
      });
    }
  }

  private trouble({ id }: Task, container: Container, what: string, exit?: Exit): Omit<ServiceTrouble, 'event'> {
    const { name, log, definition } = container;
    return {
      ...partOf(this.service, this.definition),
      role: definition.role,
      container: name,
      task: id.slice(0, 8),
      what,
      ...(exit && { exit }),
      lines: log.tail(),
    };
  }
}

/** What people know a service by. */
export function partOf(service: string, { containers, server }: TaskDefinition): ServicePart {
  const gateway = containers.some(({ role }) => role === 'gateway');
  return { service, role: gateway ? 'gateway' : 'server', ...(server !== undefined && { server }) };
}
