import { setTimeout as sleep } from 'node:timers/promises';
import type { Part } from './fleet/fleet';

/** Milliseconds of silence after which a replica is taken for gone: far above what a busy machine needs. */
const SILENCE_MS = 10_000;
const PAUSE_MS = 100;

/** Asks the gateway for its health all the while. One that is silent, or has ended, is started again, so that the run goes on. */
export class HealthWatch {
  /** Times at which it was found silent. */
  silences = 0;
  private stopped = false;
  private readonly done: Promise<void>;

  constructor(private readonly gateway: Part) {
    this.done = this.watch();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    await this.done;
  }

  private async watch(): Promise<void> {
    while (!this.stopped) {
      if (!(await this.answers())) {
        this.silences++;
        await this.gateway.restart();
      }
      await sleep(PAUSE_MS);
    }
  }

  private async answers(): Promise<boolean> {
    try {
      const response = await fetch(`${this.gateway.url}/healthz`, { signal: AbortSignal.timeout(SILENCE_MS) });
      await response.arrayBuffer();
      return response.status === 200;
    } catch {
      return false;
    }
  }
}
