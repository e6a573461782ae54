import type { Clock } from './clock';
import type { Limits } from './limits';
import type { Logger } from './log';

const TIMEOUT_MS = 3_000;

/**
 * Keeps ECS from scaling in, or replacing, a task that holds sessions: short leases, renewed while it does, up to a
 * total after which a deployment may go on (ECS task scale-in protection; the lease is 1 to 2880 minutes).
 */
export class TaskProtection {
  /** When the unbroken protection began, and when the lease was last renewed. */
  #since?: number;
  #renewedAt = 0;
  #busy = false;

  constructor(
    /** `ECS_AGENT_URI`; without it there is nothing to protect from. */
    private readonly agentUri: string | undefined,
    private readonly holdsSessions: () => boolean,
    private readonly clock: Clock,
    private readonly limits: Limits,
    private readonly log: Logger,
  ) {}

  /** Brings protection in line with what is held. Best effort: a failure is logged and tried again at the next review. */
  async review(): Promise<void> {
    if (this.agentUri === undefined || this.#busy) return;
    this.#busy = true;
    try {
      await this.#review(this.clock.now());
    } catch (error) {
      this.log.warn({ error: error instanceof Error ? error.message : String(error) }, 'task_protection_failed');
    } finally {
      this.#busy = false;
    }
  }

  async #review(now: number): Promise<void> {
    if (!this.holdsSessions()) {
      if (this.#since !== undefined) await this.#put(false);
      this.#since = undefined;
      return;
    }
    const spent = this.#since !== undefined && now - this.#since > this.limits.protectionTotal - this.limits.protectionLease;
    const fresh = this.#since !== undefined && now - this.#renewedAt < this.limits.protectionLease / 2;
    if (spent || fresh) return;
    await this.#put(true);
    this.#renewedAt = now;
    this.#since ??= now;
  }

  async #put(enabled: boolean): Promise<void> {
    const minutes = Math.round(this.limits.protectionLease / 60_000);
    const response = await fetch(`${this.agentUri}/task-protection/v1/state`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(enabled ? { ProtectionEnabled: true, ExpiresInMinutes: minutes } : { ProtectionEnabled: false }),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    // The agent answers 200 with a `failure` member where ECS refused.
    const answer = (await response.json()) as { failure?: { Reason?: string }; error?: { Message?: string } };
    const problem = answer.failure?.Reason ?? answer.error?.Message ?? (response.ok ? undefined : `status ${response.status}`);
    if (problem !== undefined) throw new Error(problem);
    this.log.info({ enabled, ...(enabled && { minutes }) }, 'task_protection_set');
  }
}
