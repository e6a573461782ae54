import type { ClaimsRow } from './claims';
import type { LoadResult } from './load-result';
import type { OpeningsRow } from './openings';
import type { StartsRow } from './starts';
import type { StreamsRow } from './streams';

/** All that one run has shown. */
export interface BenchResults {
  readonly loads: readonly LoadResult[];
  readonly streams: readonly StreamsRow[];
  readonly openings: readonly OpeningsRow[];
  readonly claims: readonly ClaimsRow[];
  readonly starts: readonly StartsRow[];
  /** Versions of the Nodes that targets ran on. */
  readonly nodes: readonly string[];
  readonly rounds: number;
  /** Length of a sample. */
  readonly seconds: number;
}
