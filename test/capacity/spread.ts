import { setTimeout as delay } from 'node:timers/promises';
import type { Fleet } from '../suites/fleet';
import { furthest, quantile } from './figures';
import { withFleet } from './fleet-app';
import type { Scene, Seen } from './scene';
import { closeSession, type Opener, openSession } from './sessions';

/** A server of many instances. */
const WIDE = { name: 'wide', instances: 12, slots: 20 } as const;
/** Sessions that are open at a time, of all slots. */
const SHARE = 0.6;
/** What an instance may have more or less than the mean, as a share of it; and where it has few, in sessions. */
const SPREAD = 0.15;
const FEW = 3;

/** Opens and closes sessions of mixed lifetimes. None is refused, and in the end each instance has about as many as another. */
export const playSpread: Scene = ({ opens }, stage) => withFleet(WIDE, stage, (fleet, openers) => spread(fleet, openers, opens));

async function spread(fleet: Fleet, openers: readonly Opener[], opens: number): Promise<Seen> {
  const target = Math.floor(WIDE.instances * WIDE.slots * SHARE);
  const open: { readonly opener: Opener; readonly id: string }[] = [];
  const problems: string[] = [];
  const times: number[] = [];
  const openOne = async (turn: number): Promise<void> => {
    const opener = openers[turn % openers.length] as Opener;
    const opened = await openSession(opener);
    times.push(opened.ms);
    if (opened.kind === 'open') open.push({ opener, id: opened.id });
    else problems.push(opened.kind === 'wrong' ? opened.what : opened.error);
  };
  const closeOne = async (): Promise<void> => {
    // Mostly a young one: few sessions live long, and those are what crowds an instance.
    const at =
      Math.random() < 0.8 ? Math.max(open.length - 1 - Math.floor(Math.random() * 20), 0) : Math.floor(Math.random() * open.length);
    const [closed] = open.splice(at, 1);
    const wrong = closed && (await closeSession(closed.opener, closed.id));
    if (wrong !== undefined) problems.push(wrong);
  };
  for (let turn = 0; turn < opens; turn += 8) {
    await Promise.all(Array.from({ length: 8 }, (_, i) => openOne(turn + i)));
    while (open.length > target) await closeOne();
  }
  const sessions = await settled(fleet, open.length, WIDE.name);
  const { mean, by } = furthest(sessions);
  for (const { opener, id } of open) await closeSession(opener, id);
  const even = by <= Math.max(SPREAD * mean, FEW);
  const figures = {
    opens,
    open: open.length,
    sessions,
    mean,
    furthest: by,
    problems,
    openMs: { p50: quantile(times, 0.5), p95: quantile(times, 0.95) },
  };
  return {
    passed: problems.length === 0 && even && sessions.length === WIDE.instances,
    fact: `${opens} sessions opened over ${sessions.length} instances, ${problems.length} refused, ${Math.min(...sessions)} to ${Math.max(...sessions)} on each`,
    figures,
  };
}

/** Sessions of each instance, once as many are counted as are open. */
export async function settled({ processes }: Fleet, open: number, server: string): Promise<number[]> {
  for (let tries = 0; ; tries++) {
    const sidecars = (await processes.rows()).filter((row) => row.role === 'sidecar' && row.server === server);
    const sessions = sidecars.map((row) => row.sessions ?? 0);
    if (sessions.reduce((sum, one) => sum + one, 0) === open || tries > 100) return sessions;
    await delay(100);
  }
}
