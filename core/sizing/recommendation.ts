import { cpuOfSession } from './load-profile';
import { mostAtOnce, type ServerLoad } from './recorded-load';
import type { SizedServer } from './sized-server';

/** CPU of an instance that sessions may fill, as a share: the rest is for those that call at the same moment. */
const CPU_SHARE = 0.7;
/** One that may be lost, or replaced, while the rest bears the peak. */
const SPARE = 1;
/** In two zones. */
const LEAST_INSTANCES = 2;

/** The same server with the caps that a load asks for; its least instances are the fewest, which a simulation may find too few. */
export function capsFor(server: SizedServer, load: ServerLoad, targetPercent: number): SizedServer {
  const slots = Math.min(server.slots, slotsByCpu(server, load));
  const max = Math.max(LEAST_INSTANCES, Math.ceil(rounded((100 * mostAtOnce(load)) / (slots * targetPercent))) + SPARE);
  // Who lets a server have none asks what that would cost those who come first.
  return { ...server, slots, min: server.min === 0 ? 0 : LEAST_INSTANCES, max };
}

/** How many sessions the CPU of an instance bears. */
export function slotsByCpu({ task }: Pick<SizedServer, 'task'>, load: ServerLoad): number {
  const cpu = cpuOfSession(load);
  return cpu === 0 ? Number.POSITIVE_INFINITY : Math.max(1, Math.floor(rounded((CPU_SHARE * task.vcpu) / cpu)));
}

/**
 * The least number that suffices, by bisection; what suffices once suffices with more.
 * @param step how near to it is near enough
 */
export async function leastThat<T>(
  { from, to, step }: { readonly from: number; readonly to: number; readonly step: number },
  attempt: (count: number) => Promise<T>,
  suffices: (result: T) => boolean,
): Promise<{ readonly count: number; readonly result: T }> {
  let best = { count: from, result: await attempt(from) };
  if (suffices(best.result) || from >= to) return best;
  best = { count: to, result: await attempt(to) };
  if (!suffices(best.result)) return best;
  for (let low = from; best.count - low > step; ) {
    const middle = Math.floor((low + best.count) / 2);
    const result = await attempt(middle);
    if (suffices(result)) best = { count: middle, result };
    else low = middle;
  }
  return best;
}

/** Without what binary fractions add to a whole number. */
function rounded(value: number): number {
  return Number(value.toFixed(9));
}
