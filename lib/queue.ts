import { DEFAULT_QUEUE, type QueueConfig, ZERO_QUEUE } from '../core/fleet-config';
import { scalesToZero } from './scale-to-zero';
import type { AddServerProps } from './server-props';

/** How many requests wait for a slot, and how long. */
export function queueOf({ sessions, scaling }: Pick<AddServerProps, 'sessions' | 'scaling'>): QueueConfig {
  const usual = scalesToZero(scaling) ? ZERO_QUEUE : DEFAULT_QUEUE;
  const { length = usual.length, wait } = sessions?.queue ?? {};
  return { length, seconds: wait?.toSeconds() ?? usual.seconds };
}
