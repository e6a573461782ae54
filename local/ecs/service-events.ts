import { randomUUID } from 'node:crypto';

/** One line of what happened to a service (ECS, ServiceEvent). */
export interface ServiceEvent {
  readonly id: string;
  readonly createdAt: Date;
  readonly message: string;
}

/** As many as DescribeServices tells. */
const KEPT = 100;

/** What happened to a service, in the words of ECS's service event messages. */
export class ServiceEvents {
  private readonly events: ServiceEvent[] = [];

  constructor(private readonly service: string) {}

  /** The newest first. */
  list(): readonly ServiceEvent[] {
    return [...this.events];
  }

  tell(what: string): void {
    this.events.unshift({ id: randomUUID(), createdAt: new Date(), message: `(service ${this.service}) ${what}` });
    if (this.events.length > KEPT) this.events.pop();
  }

  blocked(why: 'protected tasks' | 'deployment configuration', deployment: string): void {
    if (why === 'protected tasks')
      this.tell(
        `was unable to reach steady state because deployment (${deployment}) was unable to scale in. Reason: The number of protected tasks are more than the desired count of tasks.`,
      );
    else
      this.tell(
        'was unable to stop or start tasks during a deployment because of the service deployment configuration. Update the minimumHealthyPercent or maximumPercent value and try again.',
      );
  }
}
