interface PlacedTask {
  readonly zone: string;
  readonly isProtected: boolean;
}

/**
 * A task that is to be elsewhere: of the zone with the most tasks, where the one with the fewest has two less; protected ones stay where they are
 * (ECS Developer Guide, "Balancing an Amazon ECS service across Availability Zones").
 * @param zones those that are there
 * @param by how many tasks it has to have more
 */
export function crowdedTask<Task extends PlacedTask>(tasks: readonly Task[], zones: readonly string[], by = 2): Task | undefined {
  const counts = zones.map((zone) => tasks.filter((task) => task.zone === zone).length);
  const [fullest, emptiest] = [Math.max(...counts), Math.min(...counts)];
  if (fullest - emptiest < by) return undefined;
  return tasks.find(({ zone, isProtected }) => !isProtected && counts[zones.indexOf(zone)] === fullest);
}
