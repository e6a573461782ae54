import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type StartedSidecar, until } from '../started';

/** How many are ready, once there are so many. */
export function untilWarm(sidecar: StartedSidecar, count: number): Promise<void> {
  return until(async () => warmOf(await sidecar.ready()) === count, `${count} that are warm`);
}

export function warmOf(ready: object): number | undefined {
  return (ready as { warm?: number }).warm;
}

/** Lets a sidecar drain. @returns how many were started while an agent waited */
export async function coldStartsOf({ process, lines }: StartedSidecar): Promise<number> {
  process.kill('SIGTERM');
  await once(process, 'exit');
  return lines.reduce((sum, { ColdStarts = 0 }) => sum + Number(ColdStarts), 0);
}

/** Processes that a process has started and that run. */
export function childrenOf(pid: number): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
}
