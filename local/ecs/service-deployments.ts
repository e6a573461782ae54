import { ServiceDeployment, ServiceDeploymentSuperseded } from './service-deployment';
import type { ServiceEvents } from './service-events';
import type { ServiceRevision } from './service-settings';

/** The deployments of a service: the PRIMARY one, those that it has overtaken, and the one to go back to. */
export class ServiceDeployments {
  private current: [ServiceDeployment, ...ServiceDeployment[]];
  private lastCompleted: ServiceDeployment | undefined;

  constructor(
    first: ServiceRevision,
    private readonly events: ServiceEvents,
  ) {
    this.current = [new ServiceDeployment(first)];
  }

  get primary(): ServiceDeployment {
    return this.current[0];
  }

  /** The newest first. */
  get overtaken(): readonly ServiceDeployment[] {
    return this.current.slice(1);
  }

  /** @param desired of the service: the one that is overtaken goes on with as many where it has COMPLETED, and with none else */
  begin(next: ServiceDeployment, desired: number): void {
    const { primary } = this;
    primary.overtake(primary.rolloutState === 'COMPLETED' ? desired : 0);
    primary.reject(new ServiceDeploymentSuperseded(primary.id, next.id));
    this.current = [next, ...this.current];
  }

  /** What one that has failed goes back to; a rollback that fails goes nowhere (ECS, deployment circuit breaker). */
  beforeOf(failed: ServiceDeployment): ServiceDeployment | undefined {
    return failed.rollback ? undefined : this.lastCompleted;
  }

  /** The service is steady with the PRIMARY one. */
  complete(): void {
    const { primary } = this;
    if (primary.rolloutState === 'FAILED') return;
    if (primary.rolloutState === 'IN_PROGRESS') this.events.tell(`(deployment ${primary.id}) deployment completed.`);
    this.lastCompleted = primary;
    primary.complete();
  }

  /** Those without a task are no longer told of. */
  forget(hasTasks: (deployment: ServiceDeployment) => boolean): void {
    const [primary, ...overtaken] = this.current;
    for (const deployment of overtaken) if (!hasTasks(deployment)) deployment.status = 'INACTIVE';
    this.current = [primary, ...overtaken.filter(({ status }) => status === 'ACTIVE')];
  }

  /** The service has grown while a deployment is under way: what had COMPLETED grows as well, for the new one may fail. */
  grow(count: number): void {
    for (const deployment of this.overtaken) if (deployment.share > 0) deployment.share += count;
  }

  end(why: Error): void {
    for (const deployment of this.current) deployment.status = 'INACTIVE';
    this.primary.reject(why);
  }
}
