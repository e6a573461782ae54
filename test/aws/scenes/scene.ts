import type { Steps } from '../../suites/steps';
import type { Stage } from '../../suites/suite';

/** What a scene is given. */
export interface Given extends Stage {
  readonly steps: Steps;
  readonly long: boolean;
}

/** Shows one kind of what AWS enforces, step by step. @returns what is to be said of it in the last line: a few words each */
export type Scene = (given: Given) => Promise<readonly string[]>;
