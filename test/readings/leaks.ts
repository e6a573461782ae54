import type { Bench } from './bench';
import type { Finding } from './finding';
import type { Part } from './fleet/fleet';
import { forEach } from './for-each';
import type { Case } from './generator/case';
import { observe } from './observe';

/** Slots of a server that were in use when all cases of a round were over. */
export interface Leak {
  readonly server: string;
  readonly inUse: number;
  /** Cases of the round that were played at this server. */
  readonly subjects: readonly Case[];
}

/** Cases that are under way at a time. */
const AT_ONCE = 24;

/** Looks at every sidecar when no case is under way; one with a slot in use is started again, so that the next round begins with none. */
export async function leaksOf(round: readonly Case[], { fleet }: Bench): Promise<Leak[]> {
  const leaks: Leak[] = [];
  for (const [server, sidecar] of Object.entries(fleet.sidecars)) {
    const inUse = await slotsInUse(sidecar.url);
    if (inUse === 0) continue;
    leaks.push({ server, inUse, subjects: round.filter(({ values }) => values.server === server) });
    await sidecar.restart();
  }
  return leaks;
}

/** Finds a case that leaves a slot in use: plays halves of what may have done it. */
export async function lookForLeak({ server, inUse, subjects }: Leak, bench: Bench, over: () => boolean): Promise<Finding | undefined> {
  const sidecar = bench.fleet.sidecars[server] as Part;
  const leaks = async (cases: readonly Case[]): Promise<boolean> => {
    await forEach(cases, AT_ONCE, async (subject) => void (await observe(subject, bench)));
    const left = (await slotsInUse(sidecar.url)) > 0;
    if (left) await sidecar.restart();
    return left;
  };
  let suspects = subjects;
  while (suspects.length > 1 && !over()) {
    const half = suspects.slice(0, Math.ceil(suspects.length / 2));
    suspects = (await leaks(half)) ? half : suspects.slice(half.length);
  }
  const [subject] = suspects;
  if (subject === undefined || !(await leaks(suspects))) return undefined;
  return {
    property: 'release',
    detail: `slots of ${server} stay in use: ${inUse} after its round`,
    subject,
    shrunk: subject,
    alike: inUse,
  };
}

/** Slots in use, once they have had time to be let go. */
async function slotsInUse(url: string): Promise<number> {
  let inUse = 0;
  for (let tries = 0; tries < 20; tries++) {
    inUse = ((await (await fetch(`${url}/readyz`)).json()) as { slotsInUse: number }).slotsInUse;
    if (inUse === 0) return 0;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return inUse;
}
