import { FleetError } from '../core/errors';
import type { Departure } from './departure';
import { Purse, type PurseLimits, type Share } from './purse';

const MIB = 1024 * 1024;

/** Most bytes of messages that are held at a time. A byte held costs up to five: as bytes, as text, and as what is written of it. */
export const HOLDING_LIMITS: HoldingLimits = {
  // Bodies, and answers until they have grown.
  small: { replica: 64 * MIB, server: 48 * MIB, agent: 24 * MIB },
  // Answers that have: two of the largest, one of them an agent's.
  large: { replica: 128 * MIB, server: 128 * MIB, agent: 64 * MIB },
};

/** What is small and what is large are counted apart: those that wait for room to grow take none from those that have it. */
export interface HoldingLimits {
  readonly small: PurseLimits;
  readonly large: PurseLimits;
}

/** How long somebody waits for room that others hold, in milliseconds; meanwhile its server is read no further. */
export const ROOM_PATIENCE_MS = 30_000;

/** What one request holds, until its answer has left. */
export interface Held {
  /** Bytes that are counted for it. */
  readonly bytes: number;
  /** Counts more bytes. @throws FleetError AT_CAPACITY when a bound is reached; nothing is counted then */
  add(bytes: number): void;
  /** Gives bytes back, and room that was kept. */
  drop(bytes: number): void;
  /**
   * Keeps room for so many bytes in all, or as many as there can be, and waits for it where others have it: of two that grow, one ends first.
   * @throws FleetError AT_CAPACITY when it is not there in time
   */
  reserve(total: number): Promise<void>;
}

/**
 * The bytes of messages in memory: bodies and answers, those that wait for a slow reader included. Counted per server and agent as well,
 * so that one of them leaves room for the others.
 */
export class Holdings {
  private readonly small: Purse;
  private readonly large: Purse;

  constructor(
    limits: HoldingLimits = HOLDING_LIMITS,
    private readonly patienceMs = ROOM_PATIENCE_MS,
  ) {
    this.small = new Purse(limits.small);
    this.large = new Purse(limits.large);
  }

  /** Bytes counted in all. */
  get bytes(): number {
    return this.small.bytes + this.large.bytes;
  }

  /** @param gone over when the request has been answered, or its client has left: then nothing is held any more */
  hold(server: string, agent: string, gone: Departure): Held {
    const held = new HeldBytes(this.small.open(server, agent), this.large, this.large.open(server, agent), this.patienceMs, gone);
    gone.whenOver(() => held.end());
    return held;
  }
}

class HeldBytes implements Held {
  private used = 0;
  private grown = false;

  constructor(
    private readonly small: Share,
    private readonly purse: Purse,
    private readonly large: Share,
    private readonly patienceMs: number,
    private readonly gone: Departure,
  ) {}

  get bytes(): number {
    return this.small.bytes + this.large.bytes;
  }

  add(bytes: number): void {
    if (this.gone.over) return;
    const share = this.grown ? this.large : this.small;
    const needed = Math.max(this.used + bytes, this.grown ? this.large.bytes : 0);
    if (!share.fits(needed)) throw tooMuch(share.limit);
    this.used += bytes;
    share.set(needed);
  }

  drop(bytes: number): void {
    if (this.gone.over) return;
    this.used = Math.max(this.used - bytes, 0);
    if (this.used === 0) this.grown = false;
    this.small.set(this.grown ? 0 : this.used);
    this.large.set(this.grown ? this.used : 0);
  }

  async reserve(wanted: number): Promise<void> {
    const total = Math.max(Math.min(wanted, this.large.limit), this.used);
    const enter = (): boolean => this.gone.over || this.grow(total);
    if (!enter() && !(await this.purse.waitFor(enter, this.patienceMs))) throw tooMuch(this.large.limit);
  }

  end(): void {
    this.small.set(0);
    this.large.set(0);
  }

  private grow(total: number): boolean {
    if (!this.large.fits(total)) return false;
    this.grown = true;
    this.small.set(0);
    this.large.set(total);
    return true;
  }
}

function tooMuch(limit: number): FleetError {
  const reason = `${limit} bytes of messages are held for this agent, or more for all: as many as may be`;
  return new FleetError('AT_CAPACITY', { reason, retryAfterMs: 1_000 });
}
