/** A time in which things happen: an agenda's, or a clock's. */
export interface Timeline {
  /** Milliseconds. */
  readonly now: number;
  in(ms: number, act: () => void): void;
  /** @param period milliseconds */
  every(period: number, act: () => void): void;
}

/** The same time, in which everything is over so many times sooner. */
export function faster(time: Timeline, speed: number): Timeline {
  return {
    get now() {
      return time.now * speed;
    },
    in: (ms, act) => time.in(ms / speed, act),
    every: (period, act) => time.every(period / speed, act),
  };
}
