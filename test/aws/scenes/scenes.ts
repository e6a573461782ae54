import { companies } from './companies';
import { networks } from './networks';
import type { Scene } from './scene';

/** By the name that `--scene` takes, in the order in which they are played. */
export const SCENES: Readonly<Record<string, Scene>> = { networks, companies };
