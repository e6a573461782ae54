import { playAll } from '../play';
import type { Program, Threat } from '../threat';
import type { Town } from '../town/town';
import { mutate } from './mutate';

/** What came of the attacks of one threat without its guard. */
export interface Mutated {
  readonly threat: string;
  readonly file: string;
  readonly program: Program;
  /** At least one attack came through, as it must. */
  readonly found: boolean;
  readonly failed: number;
  readonly played: number;
  /** Why it could not be tried: its text is gone, or nothing works without it. */
  readonly trouble?: string;
}

/** Removes the guards of some threats, one after the other, and plays the attacks of each; without the last one the fleet is left. */
export async function removeGuards(
  threats: readonly Threat[],
  town: Town,
  signal: AbortSignal,
  tell: (mutated: Mutated) => void,
): Promise<readonly Mutated[]> {
  const seen: Mutated[] = [];
  for (const threat of threats) {
    signal.throwIfAborted();
    const mutated = await removeGuard(threat, town, signal);
    tell(mutated);
    seen.push(mutated);
  }
  return seen;
}

async function removeGuard(threat: Threat, town: Town, signal: AbortSignal): Promise<Mutated> {
  const { id, mutation } = threat;
  const about = { threat: id, file: mutation.file, program: mutation.program };
  try {
    await mutate(town, mutation);
  } catch (error) {
    return { ...about, found: false, failed: 0, played: 0, trouble: (error as Error).message.split('\n').slice(0, 2).join(' ') };
  }
  const played = await playAll([threat], town, signal);
  const failed = played.filter(({ fault }) => fault !== undefined).length;
  return { ...about, found: failed > 0, failed, played: played.length };
}
