import { createHash } from 'node:crypto';

/** ALB rule priorities run from 1 to 50000. */
const PRIORITIES = 50_000;

/**
 * A priority that depends on the name alone: whichever servers are there besides, come or go, and in whatever order. A rule that took
 * the priority of one that goes would be refused, for the other one has it until the end of the update ("Priority is currently in use").
 */
export function rulePriority(server: string): number {
  const hash = createHash('sha256').update(server).digest().readUInt32BE();
  return (hash % PRIORITIES) + 1;
}
