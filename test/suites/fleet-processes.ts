import type { LocalAccount, LogLine, ProcessRow } from '../../local/local-account';
import { eventually } from './waiting';

const REPLACED_MS = 60_000;
/** A process that is stopped does not answer. */
const ANSWERED_MS = 1000;

/** What is killed and replaced apart from the other: gateways, and instances with sidecar and server. */
export type Tier = (typeof TIERS)[number];

const TIERS = ['gateway', 'instance'] as const;

/** Where each process of a tier says whether it serves. */
const DOORS = { gateway: { role: 'gateway', path: '/healthz' }, instance: { role: 'sidecar', path: '/readyz' } } as const;

/** The processes of a fleet, by the names that calls and ledger rows give them. */
export class FleetProcesses {
  /** Short id of the ECS task, by the name that the gateway has in ledger rows. */
  private readonly gateways = new Map<string, string>();
  private readonly whenWhole = { gateway: 0, instance: 0 };
  private account: Pick<LocalAccount, 'processes'> | undefined;

  /** Reads log lines of the account: a gateway says its name when it listens. */
  readonly read = ({ role, source, text }: LogLine): void => {
    if (role !== 'gateway' || !text.startsWith('{') || !text.includes('"listening"')) return;
    const { event, replica } = JSON.parse(text) as { event?: string; replica?: string };
    if (event === 'listening' && replica !== undefined) this.gateways.set(replica, source);
  };

  /** From now on these are the processes of an account that is whole. */
  async follow(account: Pick<LocalAccount, 'processes'>): Promise<void> {
    this.account = account;
    const rows = await this.rows();
    for (const tier of TIERS) this.whenWhole[tier] = rows.filter(({ role }) => role === DOORS[tier].role).length;
  }

  /** All that run now; none before there is an account. */
  async rows(): Promise<readonly ProcessRow[]> {
    return (await this.account?.processes()) ?? [];
  }

  /** The one of a gateway, in a list of its own. @param replica its name in ledger rows */
  async ofGateway(replica: string): Promise<readonly ProcessRow[]> {
    const task = this.gateways.get(replica);
    return task === undefined ? [] : (await this.rows()).filter((row) => row.role === 'gateway' && row.task.startsWith(task));
  }

  /** Sidecar and server. @param task ECS task of the instance */
  async ofInstance(task: string): Promise<readonly ProcessRow[]> {
    return (await this.rows()).filter((row) => row.task === task);
  }

  /** Kills at once, as the death of a machine does. Resolves when the account has noticed. @throws Error when it does not */
  async kill(victims: readonly ProcessRow[]): Promise<void> {
    const pids = victims.map(({ pid }) => pid);
    signal(pids, 'SIGKILL');
    await eventually('the account has seen the death', async () => !(await this.rows()).some(({ pid }) => pids.includes(pid)), REPLACED_MS);
  }

  /** Resolves when of each tier as many serve as when the account was whole. @throws Error when it takes too long */
  async whole(tiers: readonly Tier[] = TIERS): Promise<void> {
    const areWhole = async (): Promise<boolean> => (await Promise.all(tiers.map((tier) => this.isWhole(tier)))).every(Boolean);
    await eventually(`whole again are ${tiers.join(' and ')}`, areWhole, REPLACED_MS);
  }

  async isWhole(tier: Tier): Promise<boolean> {
    const { role, path } = DOORS[tier];
    const doors = (await this.rows()).filter((row) => row.role === role);
    const open = await Promise.all(doors.map(({ address }) => isOpen(`http://${address}${path}`)));
    return open.filter(Boolean).length >= this.whenWhole[tier];
  }
}

/** Sends a signal to those that still run. */
export function signal(pids: readonly number[], name: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): void {
  for (const pid of pids) {
    try {
      process.kill(pid, name);
    } catch {
      // It has ended by itself.
    }
  }
}

async function isOpen(url: string): Promise<boolean> {
  return await fetch(url, { signal: AbortSignal.timeout(ANSWERED_MS) }).then(
    ({ ok }) => ok,
    () => false,
  );
}
