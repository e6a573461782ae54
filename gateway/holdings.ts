import { FleetError } from '../core/errors';

const MIB = 1024 * 1024;

/** Most bytes of messages that are held at a time, by whom. A byte held costs up to five: as bytes, as text, and as what is written of it. */
export const HOLDING_LIMITS = { replica: 128 * MIB, server: 96 * MIB, agent: 72 * MIB };

export type HoldingLimits = Readonly<Record<'replica' | 'server' | 'agent', number>>;

/** What one request holds, until its answer has left. */
export interface Held {
  /** Bytes that are held for it. */
  readonly bytes: number;
  /** Counts more bytes. @throws FleetError AT_CAPACITY when a bound is reached; nothing is counted then */
  add(bytes: number): void;
  /** Gives bytes back before the end. */
  drop(bytes: number): void;
}

/**
 * The bytes of messages in memory: bodies and answers, those that wait for a slow reader included. Counted per server and agent as well,
 * so that one of them leaves room for the others.
 */
export class Holdings {
  private readonly counts = new Map<string, number>();

  constructor(private readonly limits: HoldingLimits = HOLDING_LIMITS) {}

  /** Bytes held in all. */
  get bytes(): number {
    return this.counts.get('replica') ?? 0;
  }

  /** @param gone aborts when the request has been answered, or its client has left: then nothing is held any more */
  hold(server: string, agent: string, gone: AbortSignal): Held {
    const purses = [
      ['replica', this.limits.replica],
      [`server ${server}`, this.limits.server],
      [`agent ${agent}`, this.limits.agent],
    ] as const;
    let held = 0;
    const count = (bytes: number): void => {
      held += bytes;
      for (const [purse] of purses) this.move(purse, bytes);
    };
    gone.addEventListener('abort', () => count(-held), { once: true });
    return {
      get bytes() {
        return held;
      },
      add: (bytes) => {
        if (gone.aborted) return;
        const full = purses.find(([purse, limit]) => (this.counts.get(purse) ?? 0) + bytes > limit);
        if (full !== undefined)
          throw full[0] === 'replica' || full[0].startsWith('server') ? tooMuch('this replica', full[1]) : tooMuch('this agent', full[1]);
        count(bytes);
      },
      drop: (bytes) => {
        if (!gone.aborted) count(-Math.min(bytes, held));
      },
    };
  }

  private move(purse: string, bytes: number): void {
    const left = (this.counts.get(purse) ?? 0) + bytes;
    if (left > 0) this.counts.set(purse, left);
    else this.counts.delete(purse);
  }
}

function tooMuch(holder: string, limit: number): FleetError {
  return new FleetError('AT_CAPACITY', { reason: `${holder} holds ${limit} bytes of messages, as many as it may`, retryAfterMs: 1_000 });
}
