import type { Replacement } from '../../suites/bundling';

/** A reader that is broken on purpose, and stands in for the real one where gateway and sidecar are bundled. */
export interface Way extends Replacement {
  readonly name: string;
  /** What it does wrong, in one sentence. */
  readonly wrong: string;
}

export const WAYS: readonly Way[] = [];
