import type { Scene } from './scene';
import { size } from './size';

/** By the name that `--scene` takes, in the order in which they are played. */
export const SCENES: Readonly<Record<string, Scene>> = {
  size,
};
