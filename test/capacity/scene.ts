import type { Stage } from '../suites/suite';
import type { Options } from './options';

/** What a scene has shown. */
export interface Seen {
  readonly passed: boolean;
  readonly fact: string;
  readonly figures: object;
}

/** Plays in a fleet of its own. */
export type Scene = (options: Options, stage: Stage) => Promise<Seen>;
