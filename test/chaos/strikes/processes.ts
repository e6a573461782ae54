import { setTimeout as delay } from 'node:timers/promises';
import type { ProcessRow } from '../../../local/local-account';
import { type FleetProcesses, signal, type Tier } from '../../suites/fleet-processes';
import type { Victim } from '../faults';

/** Killed processes whose tier is not whole after so many milliseconds count as healed: others may be struck. */
const HEALED_MS = 30_000;
const LOOK_MS = 100;
/** So many of a tier may be struck at a time: somebody must be left to go on with. */
const AT_ONCE = 1;

/** What is done to the fleet's processes. */
export class Processes {
  private readonly stopped = new Set<number>();
  private readonly healing = { gateway: 0, instance: 0 };

  constructor(private readonly fleet: FleetProcesses) {}

  /**
   * Kills the victim, or stops it for a while; its tier must have got over the last blow.
   * @param where task of the instance, or name of the gateway replica
   * @returns whether it was struck
   */
  async strike(how: 'kill' | 'pause', victim: Victim, where: string, pauseMs: number): Promise<boolean> {
    const tier = victim === 'gateway' ? 'gateway' : 'instance';
    if (this.healing[tier] >= AT_ONCE) return false;
    this.healing[tier]++;
    const pids = (await this.find(victim, where)).map(({ pid }) => pid);
    const healed = how === 'pause' ? this.pause(pids, pauseMs) : this.kill(pids, tier);
    void healed.finally(() => this.healing[tier]--);
    return pids.length > 0;
  }

  /** Processes of the authorizer's workers. */
  async authorizers(): Promise<readonly number[]> {
    return (await this.fleet.rows()).filter(({ role, task }) => role === 'lambda' && /authorizer/i.test(task)).map(({ pid }) => pid);
  }

  signal(pids: readonly number[], name: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): void {
    for (const pid of pids) {
      if (name === 'SIGSTOP') this.stopped.add(pid);
      else this.stopped.delete(pid);
    }
    signal(pids, name);
  }

  async pause(pids: readonly number[], milliseconds: number): Promise<void> {
    this.signal(pids, 'SIGSTOP');
    await delay(milliseconds);
    this.signal(pids, 'SIGCONT');
  }

  /** Nothing stays stopped. */
  wake(): void {
    this.signal([...this.stopped], 'SIGCONT');
  }

  /** Tasks whose server and sidecar run, with the server's process. */
  async instances(): Promise<ReadonlyMap<string, number>> {
    const rows = await this.fleet.rows();
    const sidecars = rows.filter(({ role }) => role === 'sidecar').map(({ task }) => task);
    const servers = rows.filter(({ role, task }) => role === 'server' && sidecars.includes(task));
    return new Map(servers.map(({ task, pid }) => [task, pid]));
  }

  /** Resolves when the tier has got over it. */
  private async kill(pids: readonly number[], tier: Tier): Promise<void> {
    this.signal(pids, 'SIGKILL');
    const end = Date.now() + HEALED_MS;
    const isSeen = async (): Promise<boolean> => !(await this.fleet.rows()).some(({ pid }) => pids.includes(pid));
    const isOver = async (): Promise<boolean> => (await isSeen()) && (await this.fleet.isWhole(tier));
    while (pids.length > 0 && Date.now() < end && !(await isOver())) await delay(LOOK_MS);
  }

  private async find(victim: Victim, where: string): Promise<readonly ProcessRow[]> {
    if (victim === 'gateway') return await this.fleet.ofGateway(where);
    return (await this.fleet.ofInstance(where)).filter(({ role }) => victim === 'instance' || role === victim);
  }
}
