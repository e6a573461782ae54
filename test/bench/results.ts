import type { LoadResult } from './load-result';
import type { StreamsRow } from './streams';

/** All that one run has shown. */
export interface BenchResults {
  readonly loads: readonly LoadResult[];
  readonly streams: readonly StreamsRow[];
  /** Versions of the Nodes that targets ran on. */
  readonly nodes: readonly string[];
  readonly rounds: number;
  /** Length of a sample. */
  readonly seconds: number;
}
