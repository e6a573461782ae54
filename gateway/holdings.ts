import { FleetError } from '../core/errors';

const MIB = 1024 * 1024;

/** Most bytes of messages that are held at a time, by whom. A byte held costs up to five: as bytes, as text, and as what is written of it. */
export const HOLDING_LIMITS = { replica: 160 * MIB, server: 144 * MIB, agent: 80 * MIB };

export type HoldingLimits = Readonly<Record<'replica' | 'server' | 'agent', number>>;

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
  private readonly counts = new Map<string, number>();
  /** Who waits for room, in the order in which they came. */
  private readonly waiting = new Set<() => boolean>();

  constructor(
    private readonly limits: HoldingLimits = HOLDING_LIMITS,
    private readonly patienceMs = ROOM_PATIENCE_MS,
  ) {}

  /** Bytes counted in all. */
  get bytes(): number {
    return this.counts.get('replica') ?? 0;
  }

  /** @param gone aborts when the request has been answered, or its client has left: then nothing is held any more */
  hold(server: string, agent: string, gone: AbortSignal): Held {
    const purses: Purses = [
      ['replica', this.limits.replica],
      [`server ${server}`, this.limits.server],
      [`agent ${agent}`, this.limits.agent],
    ];
    let [used, room] = [0, 0];
    /** Counts what is used or kept, whichever is more. */
    const set = (nextUsed: number, nextRoom: number): void => {
      const change = Math.max(nextUsed, nextRoom) - Math.max(used, room);
      [used, room] = [nextUsed, nextRoom];
      this.count(purses, change);
    };
    const full = (total: number): Purses[number] | undefined => this.fullPurse(purses, total - Math.max(used, room));
    gone.addEventListener('abort', () => set(0, 0), { once: true });
    return {
      get bytes() {
        return Math.max(used, room);
      },
      add: (bytes) => {
        if (gone.aborted) return;
        const purse = full(used + bytes);
        if (purse !== undefined) throw tooMuch(purse);
        set(used + bytes, room);
      },
      drop: (bytes) => {
        if (!gone.aborted) set(Math.max(used - bytes, 0), 0);
      },
      reserve: async (wanted) => {
        const total = Math.min(wanted, ...purses.map(([, limit]) => limit));
        const enter = (): boolean => {
          if (gone.aborted || full(total) !== undefined) return gone.aborted;
          set(used, total);
          return true;
        };
        if (!enter()) await this.waitFor(enter, () => tooMuch(full(total) ?? (purses[0] as Purses[number])));
      },
    };
  }

  private fullPurse(purses: Purses, more: number): Purses[number] | undefined {
    return more <= 0 ? undefined : purses.find(([purse, limit]) => (this.counts.get(purse) ?? 0) + more > limit);
  }

  private count(purses: Purses, bytes: number): void {
    for (const [purse] of purses) {
      const left = (this.counts.get(purse) ?? 0) + bytes;
      if (left > 0) this.counts.set(purse, left);
      else this.counts.delete(purse);
    }
    if (bytes < 0) for (const enter of this.waiting) if (enter()) this.waiting.delete(enter);
  }

  /** Resolves when `enter` says that it has entered. */
  private waitFor(enter: () => boolean, refusal: () => FleetError): Promise<void> {
    return new Promise((resolve, reject) => {
      const tryIn = (): boolean => {
        const entered = enter();
        if (!entered) return false;
        clearTimeout(timer);
        resolve();
        return true;
      };
      const timer = setTimeout(() => {
        this.waiting.delete(tryIn);
        reject(refusal());
      }, this.patienceMs);
      timer.unref();
      this.waiting.add(tryIn);
    });
  }
}

type Purses = readonly (readonly [purse: string, limit: number])[];

function tooMuch([purse, limit]: Purses[number]): FleetError {
  const holder = purse.startsWith('agent') ? 'this agent' : 'this replica';
  return new FleetError('AT_CAPACITY', { reason: `${holder} holds ${limit} bytes of messages, as many as it may`, retryAfterMs: 1_000 });
}
