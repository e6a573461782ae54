import { EXIT } from './exit';

/** A terminal, npm and a supervisor can each pass the same key press on; signals this close together are one. */
const SAME_PRESS_MS = 400;

/** Ctrl-C: once asks for an orderly end, twice ends at once. */
export class Interruption {
  private readonly controller = new AbortController();
  private readonly onSignal = () => this.press();
  private firstAt = 0;

  constructor() {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, this.onSignal);
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  get happened(): boolean {
    return this.signal.aborted;
  }

  /** Resolves at the first interruption. */
  async happens(): Promise<void> {
    if (this.happened) return;
    await new Promise<void>((resolve) => this.signal.addEventListener('abort', () => resolve(), { once: true }));
  }

  /** The work's result; rejects at once when interrupted, and leaves the work to itself. */
  async orElse<T>(work: Promise<T>): Promise<T> {
    const interrupted = this.happens().then(() => Promise.reject(new Error('interrupted')));
    return await Promise.race([work, interrupted]);
  }

  dispose(): void {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, this.onSignal);
  }

  private press(): void {
    if (!this.happened) {
      this.firstAt = Date.now();
      this.controller.abort();
    } else if (Date.now() - this.firstAt > SAME_PRESS_MS) {
      process.exit(EXIT.INTERRUPTED);
    }
  }
}
