import type { LocalAccount, ServiceEvent } from '../../local/local-account';
import type { ServiceSource } from './services';
import type { Timers, Turn } from './turns';

/** A deployment that is under way for so long may be given up for a newer one, in milliseconds. */
const PATIENCE_MS = 10_000;

export interface RolloutParts {
  readonly account: LocalAccount;
  readonly turn: Turn;
  readonly interrupted: AbortSignal;
  readonly timers: Timers;
  readonly onRoll: (roll: { readonly service: string; readonly tasks: number }) => void;
  /** Told when everything serves that was begun since it was told last. */
  readonly onServing: (serving: { readonly services: readonly string[]; readonly milliseconds: number }) => void;
}

/** Brings the account to another state, and gives that up when it does not come about and something newer is there. */
export class Rollout {
  hasBegun = false;
  private readonly controller = new AbortController();
  private readonly names = new Set<string>();
  private troubled = false;
  private late = false;

  constructor(private readonly parts: RolloutParts) {
    parts.turn.onArrival(() => this.giveUpWhereHopeless());
  }

  /** Names of the services that roll, or have rolled. */
  get rolled(): readonly string[] {
    return [...this.names];
  }

  get isGivenUp(): boolean {
    return this.controller.signal.aborted;
  }

  /** Why a service fails in the midst of a deployment is told when that has failed. */
  explains({ event, role, server, service }: ServiceEvent): boolean {
    if (event === 'healthy' || !this.names.has(server ?? (role === 'gateway' ? 'gateway' : service))) return false;
    this.troubled = true;
    this.giveUpWhereHopeless();
    return event !== 'waiting';
  }

  /** @param services of the assembly */
  async apply(assembly: string, services: readonly ServiceSource[]): Promise<void> {
    const tasks = await this.tasksByService();
    const onResource = (resource: string, status: string): void => {
      const service = services.find((candidate) => candidate.resource === resource);
      if (service && /^(UPDATE|CREATE)_IN_PROGRESS$/.test(status)) this.begins(service.name, tasks);
    };
    await this.patiently((signal) => this.parts.account.apply(assembly, { signal, onResource }));
  }

  async redeploy(services: readonly ServiceSource[]): Promise<void> {
    if (services.length === 0) return;
    const tasks = await this.tasksByService();
    await this.patiently(async (signal) => {
      for (const { name } of services) this.begins(name, tasks);
      const all = services.map(({ name }) => this.parts.account.redeploy(name, { signal }));
      await Promise.allSettled(all);
      await Promise.all(all);
    });
  }

  private async patiently(work: (signal: AbortSignal) => Promise<unknown>): Promise<void> {
    const { timers, interrupted, onServing } = this.parts;
    const start = timers.now();
    const before = this.names.size;
    const timer = timers.after(PATIENCE_MS, () => {
      this.late = true;
      this.giveUpWhereHopeless();
    });
    this.hasBegun = true;
    try {
      await work(AbortSignal.any([this.controller.signal, interrupted]));
    } finally {
      timer.cancel();
    }
    onServing({ services: this.rolled.slice(before), milliseconds: Math.round(timers.now() - start) });
  }

  private giveUpWhereHopeless(): void {
    if (this.parts.turn.hasArrived && (this.troubled || this.late)) this.controller.abort();
  }

  private begins(service: string, tasks: ReadonlyMap<string, number>): void {
    if (this.names.has(service)) return;
    this.names.add(service);
    this.parts.onRoll({ service, tasks: tasks.get(service) ?? 0 });
  }

  private async tasksByService(): Promise<ReadonlyMap<string, number>> {
    const tasks = new Map<string, Set<string>>();
    for (const { role, server, task } of await this.parts.account.processes()) {
      const name = server ?? (role === 'gateway' ? 'gateway' : undefined);
      if (name !== undefined) tasks.set(name, (tasks.get(name) ?? new Set()).add(task));
    }
    return new Map([...tasks].map(([name, { size }]) => [name, size]));
  }
}
