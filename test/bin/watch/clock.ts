import type { Timers } from '../../../bin/watch/turns';

/** Time that passes when it is told to. */
export class Clock implements Timers {
  private time = 0;
  private readonly waiting = new Set<{ at: number; then: () => void }>();

  now(): number {
    return this.time;
  }

  after(milliseconds: number, then: () => void) {
    const entry = { at: this.time + milliseconds, then };
    this.waiting.add(entry);
    return { cancel: () => void this.waiting.delete(entry) };
  }

  async pass(milliseconds: number): Promise<void> {
    const end = this.time + milliseconds;
    for (;;) {
      await settled();
      const [next] = [...this.waiting].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at);
      if (!next) break;
      this.waiting.delete(next);
      this.time = Math.max(this.time, next.at);
      next.then();
    }
    this.time = end;
    await settled();
  }
}

async function settled(): Promise<void> {
  for (let i = 0; i < 10; i++) await Promise.resolve();
}
