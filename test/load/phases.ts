import { setTimeout as sleep } from 'node:timers/promises';
import type { Fleet } from '../suites/fleet';
import type { ClientReport, Clients } from './clients';
import { killInstance, replaceGateways } from './incidents';
import type { Incident } from './journal';
import type { PhaseName } from './options';

export interface PhaseRun {
  readonly name: PhaseName;
  readonly report: ClientReport;
  /** Milliseconds since the epoch. */
  readonly since: number;
  readonly milliseconds: number;
  readonly incident?: Incident;
  /** Sessions were lost and restored in this phase or before. */
  readonly lostBefore: boolean;
  /** Milliseconds until what was killed or taken away was replaced. */
  readonly replacedMs?: number;
}

/** What happens comes after this share of the calls. */
const UNDER_WAY = 0.2;
const POLL_MS = 50;

type Happening = Pick<PhaseRun, 'incident' | 'replacedMs'>;

const HAPPENINGS: Readonly<Record<Exclude<PhaseName, 'steady'>, (fleet: Fleet) => Promise<Happening>>> = {
  kill: async ({ processes }) => {
    const { replacedMs, ...incident } = await killInstance(processes);
    return { incident, replacedMs };
  },
  gateways: async ({ account }) => ({ replacedMs: await replaceGateways(account) }),
};

/** Lets the clients call, and meanwhile something happen; they go on until that is over. */
export async function runPhase(
  name: PhaseName,
  { calls, lostBefore }: { readonly calls: number; readonly lostBefore: boolean },
  clients: Clients,
  fleet: Fleet,
): Promise<PhaseRun> {
  const since = Date.now();
  const calling = clients.call(calls);
  calling.catch(() => undefined); // said below, and not as an unhandled rejection meanwhile
  const ended = calling.then(() => true);
  const underWay = async (): Promise<void> => {
    while (clients.progress.done < calls * UNDER_WAY) if (await Promise.race([ended, sleep(POLL_MS, false)])) return;
  };
  const happening = name === 'steady' ? Promise.resolve({}) : underWay().then(() => HAPPENINGS[name](fleet));
  happening.catch(() => undefined); // likewise
  // Clients that fail, or are stopped, end the phase at once.
  const happened: Happening = await Promise.race([happening, calling.then(() => happening)]);
  clients.release();
  const report = await calling;
  return { name, report, since, milliseconds: Date.now() - since, lostBefore: lostBefore || happened.incident !== undefined, ...happened };
}
