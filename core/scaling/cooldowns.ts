interface ScaledOut {
  readonly from: number;
  readonly cooldownMs: number;
  until: number;
}

/** What scaling has done, as far as it bears on what it may do next (Application Auto Scaling, "Cooldown period"). */
export class Cooldowns {
  /** By policy. */
  private readonly outs = new Map<string, ScaledOut>();
  private lastOut: ScaledOut | undefined;
  private inUntil = 0;

  /** From what a policy reckons: during its cooldown it grows only by what it wants beyond what it has added already. */
  baseOf(policy: string, capacity: number, now: number): number {
    const out = this.outs.get(policy);
    return out !== undefined && now < out.until ? Math.min(out.from, capacity) : capacity;
  }

  mayScaleIn(now: number): boolean {
    return now >= this.inUntil;
  }

  /** A cooldown begins when what was added is there. */
  stillGrowing(now: number): void {
    if (this.lastOut !== undefined && now < this.lastOut.until) this.lastOut.until = now + this.lastOut.cooldownMs;
  }

  /** @param from what the policy reckoned from */
  scaledOut(policy: string, from: number, now: number, cooldownMs: number): void {
    this.lastOut = { from, cooldownMs, until: now + cooldownMs };
    this.outs.set(policy, this.lastOut);
    this.inUntil = 0;
  }

  scaledIn(now: number, cooldownMs: number): void {
    this.inUntil = now + cooldownMs;
  }
}
