import { setTimeout as delay } from 'node:timers/promises';

/** Asks until there is an answer other than no. @throws Error that names what was waited for */
export async function eventually<T>(what: string, ask: () => Promise<T | false | undefined>, limitMs: number): Promise<T> {
  const end = Date.now() + limitMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined && answer !== false) return answer;
    if (Date.now() > end) throw new Error(`Waited ${limitMs / 1000} s in vain until ${what}.`);
    await delay(50);
  }
}
