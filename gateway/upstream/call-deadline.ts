import { endedBy } from '../../core/endings';
import { LONGEST_CALL_SECONDS, type ServerConfig } from '../../core/fleet-config';
import type { Body } from './body';

/** How long a server may take to answer a request, in milliseconds. */
export function longestCallMs({ longestCallSeconds = LONGEST_CALL_SECONDS }: Pick<ServerConfig, 'longestCallSeconds'>): number {
  return longestCallSeconds * 1_000;
}

/** The moment at which an answer is waited for no longer, be it that it has begun: a server may say for ever that it still works. */
export class CallDeadline {
  private readonly timer: NodeJS.Timeout;
  private body: Body | undefined;
  private passed = false;

  /** @param leftMs milliseconds from now @param longestMs what it is of, in milliseconds */
  constructor(
    leftMs: number,
    private readonly longestMs: number,
  ) {
    this.timer = setTimeout(() => {
      this.passed = true;
      this.body?.destroy();
    }, leftMs);
    this.timer.unref();
  }

  /** The answer comes in this body from now on. @throws FleetError when it has passed */
  watch(body: Body): void {
    this.body = body;
    if (this.passed) body.destroy();
    this.assure();
  }

  /** @throws FleetError OUTCOME_UNKNOWN when it has passed */
  assure(): void {
    if (this.passed) throw endedBy('timeout', `no whole answer came within ${this.longestMs / 1_000} s`);
  }

  end(): void {
    clearTimeout(this.timer);
  }
}
