import { faults } from './faults';
import { networks } from './networks';
import { roles } from './roles';
import type { Scene } from './scene';

/** By the name that `--scene` takes, in the order in which they are played. */
export const SCENES: Readonly<Record<string, Scene>> = { roles, networks, faults };
