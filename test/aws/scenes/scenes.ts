import { faults } from './faults';
import type { Scene } from './scene';

/** By the name that `--scene` takes, in the order in which they are played. */
export const SCENES: Readonly<Record<string, Scene>> = {
  faults,
};
