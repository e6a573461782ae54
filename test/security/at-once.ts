import type { Stage } from '../suites/suite';

/** Of so many calls is told how far they are. */
const TOLD_EACH = 1_000;

/** Makes calls by their numbers, some at once, and tells how far they are. @param what they are, in the plural */
export async function callAtOnce(
  atOnce: number,
  { calls, what }: { readonly calls: number; readonly what: string },
  { signal, say }: Pick<Stage, 'signal' | 'say'>,
  call: (index: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  let done = 0;
  const work = async (): Promise<void> => {
    while (next < calls && !signal.aborted) {
      await call(next++);
      if (++done % TOLD_EACH === 0) say(`  ${done} of ${calls} ${what}`);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  signal.throwIfAborted();
}
