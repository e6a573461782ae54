import type { Timeline } from '../../../core/sizing/timeline';
import { callTool, closeSession, type Opener } from '../sessions';
import { TOOL } from './cpu-metric';

/** A session whose agent thinks from one call to the next. The server counts them: one that was lost, or began anew, cannot hide. */
export class WorkingSession {
  private calls = 0;
  private calling: Promise<void> = Promise.resolve();
  private isClosed = false;
  private readonly problems: string[] = [];

  /** @param thinkMs milliseconds */
  constructor(
    private readonly opener: Opener,
    private readonly id: string,
    private readonly time: Timeline,
    private readonly thinkMs: number,
  ) {
    // Not all of those that open together think for as long.
    this.callIn(Math.random() * thinkMs);
  }

  /** Calls once more, and ends. @returns what went wrong in it */
  async close(): Promise<readonly string[]> {
    this.isClosed = true;
    await this.calling;
    await this.call();
    const wrong = await closeSession(this.opener, this.id);
    return wrong === undefined ? this.problems : [...this.problems, wrong];
  }

  private callIn(ms: number): void {
    this.time.in(ms, () => {
      if (this.isClosed) return;
      this.calling = this.call();
      void this.calling.then(() => this.callIn(this.thinkMs));
    });
  }

  private async call(): Promise<void> {
    this.calls++;
    const told = await callTool(this.opener, this.id, { name: TOOL });
    // Refused for now, and not executed: the agent asks again when it has thought.
    if (told.includes('"outcome":"not_executed"')) this.calls--;
    else if (told !== String(this.calls)) this.problems.push(`call ${this.calls} of a session got ${told}`);
  }
}
