import { createHash } from 'node:crypto';

/** ALB rule priorities run from 1 to 50000. */
const PRIORITIES = 50_000;

/**
 * A priority that depends on the name, not on the order of calls: a server inserted before others must not
 * renumber their rules, which CloudFormation cannot update in place ("priority is currently in use").
 * Takes the priority, so that the next server gets another.
 */
export function freePriority(name: string, taken: Set<number>): number {
  const hash = createHash('sha256').update(name).digest().readUInt32BE();
  let priority = (hash % PRIORITIES) + 1;
  while (taken.has(priority)) priority = (priority % PRIORITIES) + 1;
  taken.add(priority);
  return priority;
}
