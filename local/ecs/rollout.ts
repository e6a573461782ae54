/** A task of a service that is not being stopped, as the service scheduler sees it. */
export interface RolloutTask {
  readonly isHealthy: boolean;
  /** Scale-in protection: no deployment and no scale-in stops it. */
  readonly isProtected: boolean;
}

/** A deployment with the tasks that belong to it, the oldest first. */
export interface RolloutDeployment<T extends RolloutTask> {
  readonly tasks: readonly T[];
  /** False for one that has FAILED, and for a while after a task of it has failed. */
  readonly mayStart: boolean;
}

/** One that another has overtaken. */
export interface OvertakenDeployment<T extends RolloutTask> extends RolloutDeployment<T> {
  /**
   * How many tasks it shall still run. A task of it that is lost is replaced from it, so that a service does not become smaller
   * while what shall take its place fails (ECS, rolling deployments). 0 for one that never was COMPLETED: it starts nothing more.
   */
  readonly share: number;
}

export interface Rollout<T extends RolloutTask> {
  readonly desired: number;
  readonly minimum: number;
  readonly maximum: number;
  /** Tasks on their way out. They count until their processes are gone: where a maximum is 100 %, two never run side by side. */
  readonly stopping: number;
  readonly primary: RolloutDeployment<T>;
  /** The newest first. */
  readonly overtaken: readonly OvertakenDeployment<T>[];
}

export interface RolloutPlan<T> {
  /** How many tasks of the PRIMARY deployment to start. */
  readonly start: number;
  /** For each overtaken deployment: how many tasks it shall run from now on, and how many to start. */
  readonly overtaken: readonly { readonly share: number; readonly start: number }[];
  readonly stop: readonly T[];
  /** What keeps it from going on, where nothing is under way and nothing can be done. */
  readonly blocked?: 'protected tasks' | 'deployment configuration';
}

/**
 * What a rolling deployment does now: pure, and asked again after every change.
 *
 * As many new tasks are started as the maximum leaves room for, and as many old ones stopped as the minimum can do without; first
 * those of deployments that never became steady, and of each deployment first those that are not healthy.
 */
export function planRollout<T extends RolloutTask>({
  desired,
  minimum,
  maximum,
  stopping,
  primary,
  overtaken,
}: Rollout<T>): RolloutPlan<T> {
  const all = [primary, ...overtaken].flatMap(({ tasks }) => tasks);
  const stop = new Set<T>();
  let healthy = all.filter(({ isHealthy }) => isHealthy).length;
  let held = false;
  /** Stops up to so many of these tasks; healthy ones only while more are healthy than have to be. */
  const spare = (tasks: readonly T[], count: number): void => {
    let left = count;
    for (const task of [...tasks].sort((a, b) => Number(a.isHealthy) - Number(b.isHealthy))) {
      if (left <= 0) return;
      if (task.isHealthy && healthy <= minimum) return;
      if (task.isProtected) {
        held = true;
        continue;
      }
      stop.add(task);
      left--;
      if (task.isHealthy) healthy--;
    }
  };

  for (const { tasks, share } of overtaken) if (share === 0) spare(tasks, tasks.length);
  const shares = overtaken.map(({ tasks, share }) => {
    const own = tasks.filter((task) => task.isHealthy && !stop.has(task)).length;
    const rest = Math.min(share, Math.max(0, minimum - (healthy - own)));
    if (share > 0) spare(tasks, tasks.length - rest);
    return rest;
  });
  spare(primary.tasks, primary.tasks.length - desired);

  let room = Math.max(0, Math.max(maximum, desired) - all.length - stopping);
  const startOf = (deployment: RolloutDeployment<T>, count: number): number => {
    const staying = deployment.tasks.filter((task) => !stop.has(task)).length;
    const start = deployment.mayStart ? Math.max(0, Math.min(room, count - staying)) : 0;
    room -= start;
    return start;
  };
  const start = startOf(primary, desired);
  const plans = overtaken.map((deployment, i) => ({ share: shares[i] ?? 0, start: startOf(deployment, shares[i] ?? 0) }));

  const acts = start > 0 || stop.size > 0 || plans.some((plan) => plan.start > 0);
  const waits = stopping > 0 || !primary.mayStart || primary.tasks.some(({ isHealthy }) => !isHealthy);
  const finished = primary.tasks.length === desired && overtaken.every(({ tasks }) => tasks.length === 0);
  if (acts || waits || finished) return { start, stop: [...stop], overtaken: plans };
  return { start, stop: [...stop], overtaken: plans, blocked: held ? 'protected tasks' : 'deployment configuration' };
}
