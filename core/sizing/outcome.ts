/** What became of a load. */
export interface Outcome {
  readonly sessions: {
    readonly sought: number;
    readonly opened: number;
    readonly refused: number;
    /** Most that were open at once. */
    readonly peak: number;
  };
  /** In the queue, of the sessions that were opened, in milliseconds. */
  readonly waits: Waits;
  /** Where agents have different weights: what became of the sessions of each, the heaviest first. */
  readonly weights?: readonly OutcomeOfWeight[];
  /** Those that start included. */
  readonly instances: { readonly min: number; readonly mean: number; readonly max: number };
  /** Mean of instances and time, in percent. */
  readonly utilization: { readonly slots: number; readonly cpu: number };
  readonly minutes: readonly Minute[];
}

export interface OutcomeOfWeight {
  readonly weight: number;
  readonly sought: number;
  readonly opened: number;
  readonly refused: number;
  readonly waits: Waits;
}

export interface Waits {
  readonly p50: number;
  readonly p95: number;
  readonly max: number;
}

/** As it was when a minute ended. */
export interface Minute {
  readonly sessions: number;
  readonly waiting: number;
  readonly instances: number;
  /** In this minute. */
  readonly refused: number;
}

export function waitsOf(milliseconds: readonly number[]): Waits {
  const sorted = Float64Array.from(milliseconds).sort();
  const at = (share: number): number => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
  return { p50: at(0.5), p95: at(0.95), max: at(1) };
}
