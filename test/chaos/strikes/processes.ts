import { setTimeout as delay } from 'node:timers/promises';
import type { LocalAccount, ProcessRow } from '../../../local/local-account';
import type { Victim } from '../faults';
import { GATEWAYS, INSTANCES } from '../fleet-app';
import type { GatewayLog } from './gateway-log';

const HEALED_MS = 30_000;
const LOOK_MS = 100;
/** So many of a tier may be struck at a time: somebody must be left to go on with. */
const AT_ONCE = 1;

type Tier = 'gateway' | 'instance';

/** The fleet's processes, and what is done to them. */
export class Processes {
  private readonly stopped = new Set<number>();
  private readonly healing = { gateway: 0, instance: 0 };

  /** Set once the account runs. */
  account: LocalAccount | undefined;

  constructor(private readonly gatewayLog: GatewayLog) {}

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
    return (await this.rows()).filter(({ role, task }) => role === 'lambda' && /authorizer/i.test(task)).map(({ pid }) => pid);
  }

  signal(pids: readonly number[], signal: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): void {
    for (const pid of pids) {
      if (signal === 'SIGSTOP') this.stopped.add(pid);
      else this.stopped.delete(pid);
      try {
        process.kill(pid, signal);
      } catch {
        // It has ended by itself.
      }
    }
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

  /** Resolves when everything that was struck has been replaced. @throws Error when it takes too long */
  async whole(): Promise<void> {
    const end = Date.now() + HEALED_MS;
    while (!(await this.isWhole('gateway')) || !(await this.isWhole('instance'))) {
      if (Date.now() > end) throw new Error(`The fleet was not whole within ${HEALED_MS / 1000} s.`);
      await delay(LOOK_MS);
    }
  }

  /** Tasks whose server and sidecar run, with the server's process. */
  async instances(): Promise<ReadonlyMap<string, number>> {
    const rows = await this.rows();
    const sidecars = rows.filter(({ role }) => role === 'sidecar').map(({ task }) => task);
    const servers = rows.filter(({ role, task }) => role === 'server' && sidecars.includes(task));
    return new Map(servers.map(({ task, pid }) => [task, pid]));
  }

  /** Resolves when the tier has got over it. */
  private async kill(pids: readonly number[], tier: Tier): Promise<void> {
    this.signal(pids, 'SIGKILL');
    const end = Date.now() + HEALED_MS;
    const isOver = async (): Promise<boolean> => !(await this.rows()).some(({ pid }) => pids.includes(pid)) && (await this.isWhole(tier));
    while (pids.length > 0 && Date.now() < end && !(await isOver())) await delay(LOOK_MS);
  }

  private async find(victim: Victim, where: string): Promise<readonly ProcessRow[]> {
    const rows = await this.rows();
    if (victim === 'gateway') {
      const task = this.gatewayLog.tasks.get(where);
      return task === undefined ? [] : rows.filter((row) => row.role === 'gateway' && row.task.startsWith(task));
    }
    return rows.filter(({ role, task }) => task === where && (victim === 'instance' || role === victim));
  }

  private async isWhole(tier: Tier): Promise<boolean> {
    const rows = await this.rows();
    if (tier === 'instance') {
      // A sidecar tells its sessions once it listens.
      return rows.filter(({ role, sessions }) => role === 'sidecar' && sessions !== undefined).length >= INSTANCES;
    }
    const gateways = rows.filter(({ role }) => role === 'gateway');
    const open = await Promise.all(gateways.map(({ address }) => isOpen(`http://${address}/healthz`)));
    return open.filter(Boolean).length >= GATEWAYS;
  }

  private async rows(): Promise<readonly ProcessRow[]> {
    return (await this.account?.processes()) ?? [];
  }
}

async function isOpen(url: string): Promise<boolean> {
  return await fetch(url, { signal: AbortSignal.timeout(1000) }).then(
    ({ ok }) => ok,
    () => false,
  );
}
