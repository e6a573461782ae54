import type { Clock } from './clock';
import type { Limits } from './limits';
import type { Logger } from './log';
import type { Standing } from './standing';

const TIMEOUT_MS = 3_000;
const MINUTE_MS = 60_000;
/** What ECS says while a service has more protected tasks than it shall run; new tasks are told it, too. */
const BLOCKED = 'DEPLOYMENT_BLOCKED';

/**
 * Keeps ECS from scaling in, or replacing, a task that holds sessions: short leases, renewed while it does, as long as its standing
 * allows (ECS task scale-in protection; the lease is 1 to 2880 minutes).
 */
export class TaskProtection {
  /** When the unbroken protection began, until when the lease is, and when the next one is asked for. */
  #since?: number;
  #leaseEnd = 0;
  #putAt = 0;
  #isBusy = false;
  #isBlocked = false;

  constructor(
    /** `ECS_AGENT_URI`; without it there is nothing to protect from. */
    private readonly agentUri: string | undefined,
    private readonly holdsSessions: () => boolean,
    private readonly standing: Standing,
    private readonly clock: Clock,
    private readonly limits: Limits,
    private readonly log: Logger,
    /** Told of each lease that ECS refuses for the sake of a deployment. */
    private readonly onBlocked: () => void,
  ) {}

  /** Brings protection in line with what is held. Best effort: a failure is logged and tried again at a later review. */
  async review(): Promise<void> {
    if (this.agentUri === undefined || this.#isBusy) return;
    this.#isBusy = true;
    try {
      await this.#review(this.clock.now());
    } catch (error) {
      this.log.warn({ error: error instanceof Error ? error.message : String(error) }, 'task_protection_failed');
    } finally {
      this.#isBusy = false;
    }
  }

  async #review(now: number): Promise<void> {
    if (!this.holdsSessions()) {
      if (this.#since !== undefined) await this.#release();
      this.#since = undefined;
      return;
    }
    const end = this.standing.protectedUntil(this.#since ?? now);
    if (now >= end) {
      if (this.#leaseEnd > now) await this.#release();
      return;
    }
    if (now < this.#putAt) return;
    await this.#take(now, Math.min(end - now, this.limits.protectionLease));
    this.#since ??= now;
  }

  async #take(now: number, lease: number): Promise<void> {
    const minutes = Math.ceil(lease / MINUTE_MS);
    const refusal = await this.#put({ ProtectionEnabled: true, ExpiresInMinutes: minutes });
    if (refusal === BLOCKED) this.#noteBlocked(now);
    if (refusal !== undefined) throw new Error(refusal);
    this.#isBlocked = false;
    this.#leaseEnd = now + minutes * MINUTE_MS;
    this.#putAt = now + lease / 2;
    this.log.info({ enabled: true, minutes }, 'task_protection_set');
  }

  /** It says nothing of this instance: whoever is current goes on, and asks again in a while. */
  #noteBlocked(now: number): void {
    if (!this.#isBlocked) this.standing.askAtOnce();
    this.#isBlocked = true;
    this.#putAt = now + this.limits.blockedRetry;
    this.onBlocked();
  }

  async #release(): Promise<void> {
    const refusal = await this.#put({ ProtectionEnabled: false });
    if (refusal !== undefined) throw new Error(refusal);
    this.#leaseEnd = 0;
    this.#putAt = 0;
    this.log.info({ enabled: false }, 'task_protection_set');
  }

  /** @returns why ECS refuses, where it does */
  async #put(state: { readonly ProtectionEnabled: boolean; readonly ExpiresInMinutes?: number }): Promise<string | undefined> {
    const response = await fetch(`${this.agentUri}/task-protection/v1/state`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(state),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    // The agent answers 200 with a `failure` member where ECS refused.
    const answer = (await response.json()) as { failure?: { Reason?: string }; error?: { Message?: string } };
    return answer.failure?.Reason ?? answer.error?.Message ?? (response.ok ? undefined : `status ${response.status}`);
  }
}
