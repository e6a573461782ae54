import { setTimeout as delay } from 'node:timers/promises';
import type { Given } from '../scenes/scene';

const LOOK_MS = 500;
const TELL_MS = 15_000;

interface Patience extends Pick<Given, 'say' | 'signal'> {
  readonly withinMs: number;
  /** How far it is, for people. */
  readonly told: () => string;
}

/** Waits until something holds, and tells now and then how far it is. @throws Error with how far it was when it took too long */
export async function wait(holds: () => boolean, { withinMs, told, say, signal }: Patience): Promise<void> {
  const began = performance.now();
  for (let tellAt = TELL_MS; !holds(); ) {
    const passed = performance.now() - began;
    if (passed > withinMs) throw new Error(`After ${withinMs / 1_000} s: ${told()}`);
    if (passed > tellAt) {
      say(`  ${told()}`);
      tellAt += TELL_MS;
    }
    await delay(LOOK_MS, undefined, { signal });
  }
}
