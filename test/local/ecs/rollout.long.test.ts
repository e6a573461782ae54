import { describe, expect, test } from '@jest/globals';
import { type CircuitBreaker, DEFAULT_CIRCUIT_BREAKER, failureThreshold, taskLimits } from '../../../local/ecs/deployment-configuration';
import { planRollout, type RolloutTask } from '../../../local/ecs/rollout';
import { between, type Random, randomOf } from '../../chaos/random';

interface FakeTask extends RolloutTask {
  readonly name: string;
  isHealthy: boolean;
  isProtected: boolean;
}

const task = (name: string, isHealthy = true, isProtected = false): FakeTask => ({ name, isHealthy, isProtected });
const tasks = (prefix: string, count: number, isHealthy = true): FakeTask[] =>
  Array.from({ length: count }, (_, i) => task(prefix + i, isHealthy));

/** A deployment that takes the place of another, as far as it has come. */
function plan(
  { desired, percent: [minimumHealthyPercent, maximumPercent] }: { desired: number; percent: readonly [number, number] },
  primary: FakeTask[],
  old: FakeTask[],
  stopping = 0,
) {
  const limits = taskLimits({ minimumHealthyPercent, maximumPercent }, desired);
  const overtaken = [{ tasks: old, share: old.length, mayStart: true }];
  const { start, stop, blocked } = planRollout({ desired, ...limits, stopping, primary: { tasks: primary, mayStart: true }, overtaken });
  return { start, stop: stop.map(({ name }) => name), ...(blocked && { blocked }) };
}

describe('a rolling deployment', () => {
  const usual = { desired: 2, percent: [100, 200] } as const;

  test('starts new tasks first, and stops as many old ones as new ones are healthy', () => {
    expect(plan(usual, [], tasks('old', 2))).toEqual({ start: 2, stop: [] });
    expect(plan(usual, tasks('new', 2, false), tasks('old', 2))).toEqual({ start: 0, stop: [] });
    expect(plan(usual, [task('new0'), task('new1', false)], tasks('old', 2))).toEqual({ start: 0, stop: ['old0'] });
    expect(plan(usual, tasks('new', 2), tasks('old', 1), 1)).toEqual({ start: 0, stop: ['old0'] });
  });

  test('stops first where the maximum allows no more, and waits until what it stopped is gone', () => {
    const inPlace = { desired: 1, percent: [0, 100] } as const;
    expect(plan(inPlace, [], tasks('old', 1))).toEqual({ start: 0, stop: ['old0'] });
    expect(plan(inPlace, [], [], 1)).toEqual({ start: 0, stop: [] });
    expect(plan(inPlace, [], [])).toEqual({ start: 1, stop: [] });
  });

  test('stops what the minimum can do without at once, as ECS does', () => {
    expect(plan({ desired: 4, percent: [50, 100] }, [], tasks('old', 4))).toEqual({ start: 0, stop: ['old0', 'old1'] });
    expect(plan({ desired: 4, percent: [50, 150] }, [], tasks('old', 4))).toEqual({ start: 2, stop: ['old0', 'old1'] });
  });

  test('stops old tasks that are not healthy first', () => {
    expect(plan(usual, [task('new0'), task('new1', false)], [task('well'), task('sick', false)])).toEqual({ start: 0, stop: ['sick'] });
  });

  test('leaves protected tasks alone, and says so when only they are left', () => {
    const held = [task('held', true, true), task('free')];
    expect(plan(usual, [task('new0'), task('new1', false)], held)).toEqual({ start: 0, stop: ['free'] });
    expect(plan(usual, tasks('new', 2), held.slice(0, 1))).toEqual({ start: 0, stop: [], blocked: 'protected tasks' });
  });

  test('says that its configuration leaves it nothing to do', () => {
    expect(plan({ desired: 3, percent: [100, 125] }, [], tasks('old', 3))).toEqual({
      start: 0,
      stop: [],
      blocked: 'deployment configuration',
    });
  });

  test('replaces a lost task of the version before from it, in the room that new ones leave', () => {
    const overtaken = [{ tasks: tasks('old', 1), share: 2, mayStart: true }];
    const limits = taskLimits({ minimumHealthyPercent: 100, maximumPercent: 200 }, 2);
    const primary = { tasks: tasks('new', 2, false), mayStart: true };
    expect(planRollout({ desired: 2, ...limits, stopping: 0, primary, overtaken }).overtaken).toEqual([{ share: 2, start: 1 }]);
    expect(planRollout({ desired: 2, ...limits, stopping: 1, primary, overtaken }).overtaken).toEqual([{ share: 2, start: 0 }]);
  });

  test('stops what was overtaken before it was steady ahead of what was steady, and starts nothing of it', () => {
    const overtaken = [
      { tasks: [task('between0'), task('between1', false)], share: 0, mayStart: true },
      { tasks: tasks('old', 2), share: 2, mayStart: true },
    ];
    const limits = taskLimits({ minimumHealthyPercent: 100, maximumPercent: 200 }, 2);
    const primary = { tasks: [], mayStart: true };
    const { start, stop, overtaken: plans } = planRollout({ desired: 2, ...limits, stopping: 0, primary, overtaken });
    expect([start, stop.map(({ name }) => name), plans.map((each) => each.start)]).toEqual([0, ['between1', 'between0'], [0, 0]]);
  });
});

test.each([
  [1, {}, 3],
  [25, {}, 13],
  [400, {}, 200],
  [800, {}, 200],
  [2, { threshold: { type: 'UNBOUNDED_PERCENT', value: 50 } }, 1],
  [800, { threshold: { type: 'COUNT', value: 7 } }, 7],
] as const)('a circuit breaker of %i tasks %j opens at %i failures', (desired, breaker: Partial<CircuitBreaker>, threshold) => {
  expect(failureThreshold({ ...DEFAULT_CIRCUIT_BREAKER, ...breaker }, desired)).toBe(threshold);
});

interface FakeDeployment {
  tasks: FakeTask[];
  share: number;
  mayStart: boolean;
  completed: boolean;
}

/** A service in a world in which tasks become healthy, fail, crash, are protected and released, and deployments overtake each other. */
class World {
  private readonly deployments: FakeDeployment[];
  private readonly percent: { readonly minimumHealthyPercent: number; readonly maximumPercent: number };
  private desired: number;
  private stopping = 0;
  private mishaps: number;
  private overtakings: number;
  private scalings: number;
  private made = 0;

  constructor(private readonly random: Random) {
    this.desired = between(random, 0, 8);
    this.percent = { minimumHealthyPercent: between(random, 0, 5) * 25, maximumPercent: between(random, 4, 9) * 25 };
    this.mishaps = between(random, 0, 10);
    this.overtakings = between(random, 0, 3);
    this.scalings = between(random, 0, 2);
    const old = Array.from({ length: this.desired }, () => this.make(random() < 0.8));
    this.deployments = [this.deployment(), { ...this.deployment(), tasks: old, share: old.length, completed: true }];
  }

  /** Goes on until nothing can happen any more. */
  run(): void {
    for (let step = 0; step < 2000; step++) {
      const { blocked, acted } = this.plan();
      const events = this.possible();
      const event = events[Math.floor(this.random() * events.length)];
      if (event) event();
      else if (!acted) {
        this.check(blocked);
        return;
      }
    }
    throw new Error('it does not end');
  }

  private plan() {
    const [primary, ...overtaken] = this.deployments as [FakeDeployment, ...FakeDeployment[]];
    const limits = taskLimits(this.percent, this.desired);
    const before = this.healthy();
    const {
      start,
      stop,
      overtaken: plans,
      blocked,
    } = planRollout({
      desired: this.desired,
      ...limits,
      stopping: this.stopping,
      primary,
      overtaken,
    });
    if (stop.some(({ isProtected }) => isProtected)) throw new Error('a protected task is stopped');
    for (const deployment of this.deployments) deployment.tasks = deployment.tasks.filter((each) => !stop.includes(each));
    this.stopping += stop.length;
    if (this.healthy() < before && this.healthy() < limits.minimum) throw new Error('fewer healthy tasks than the minimum');

    const starts = [start, ...plans.map((each) => each.start)];
    for (const [i, deployment] of this.deployments.entries()) {
      if ((starts[i] ?? 0) > 0 && !deployment.mayStart) throw new Error('one that may not start a task does');
      for (let n = starts[i] ?? 0; n > 0; n--) deployment.tasks.push(this.make(false));
      if (i > 0) deployment.share = plans[i - 1]?.share ?? 0;
    }
    const started = starts.reduce((sum, count) => sum + count, 0);
    const allowed = Math.max(limits.maximum, this.desired);
    if (started > 0 && this.running() + this.stopping > allowed) throw new Error('more tasks than the maximum');
    return { blocked, acted: started + stop.length > 0 };
  }

  private possible(): (() => void)[] {
    const all = this.deployments.flatMap((deployment) => deployment.tasks.map((each) => ({ deployment, each })));
    const gone = this.stopping > 0 ? [() => this.stopping--] : [];
    const retries = this.deployments.flatMap((deployment) => (deployment.mayStart ? [] : [() => (deployment.mayStart = true)]));
    const healthy = all.flatMap(({ each }) => (each.isHealthy ? [] : [() => (each.isHealthy = true)]));
    const released = all.flatMap(({ each }) => (each.isProtected ? [() => (each.isProtected = false)] : []));
    const mishaps =
      this.mishaps > 0
        ? all.map(
            ({ deployment, each }) =>
              () =>
                this.lose(deployment, each),
          )
        : [];
    const overtake = this.overtakings > 0 ? [() => this.overtake()] : [];
    const scale = this.scalings > 0 ? [() => this.scale()] : [];
    return [...gone, ...retries, ...healthy, ...released, ...mishaps, ...overtake, ...scale] as (() => void)[];
  }

  /** A task fails, or is protected. */
  private lose(deployment: FakeDeployment, lost: FakeTask): void {
    this.mishaps--;
    if (this.random() < 0.3) {
      lost.isProtected = true;
      return;
    }
    deployment.tasks = deployment.tasks.filter((each) => each !== lost);
    deployment.mayStart = false;
    this.stopping++;
  }

  private overtake(): void {
    this.overtakings--;
    const [primary] = this.deployments as [FakeDeployment];
    if (primary.completed) primary.share = primary.tasks.length;
    this.deployments.unshift(this.deployment());
  }

  private scale(): void {
    this.scalings--;
    const count = between(this.random, 0, 8);
    for (const each of this.deployments.slice(1)) if (each.share > 0) each.share += Math.max(0, count - this.desired);
    this.desired = count;
  }

  private check(blocked: string | undefined): void {
    const [primary, ...overtaken] = this.deployments as [FakeDeployment, ...FakeDeployment[]];
    const { minimum, maximum } = taskLimits(this.percent, this.desired);
    if (blocked) {
      expect({ blocked, minimum, room: maximum > this.desired }).toEqual({
        blocked: 'deployment configuration',
        minimum: this.desired,
        room: false,
      });
      return;
    }
    expect(primary.tasks.filter(({ isHealthy }) => isHealthy)).toHaveLength(this.desired);
    expect([primary.tasks.length, overtaken.flatMap((each) => each.tasks)]).toEqual([this.desired, []]);
  }

  private healthy(): number {
    return this.deployments.flatMap((each) => each.tasks).filter(({ isHealthy }) => isHealthy).length;
  }

  private running(): number {
    return this.deployments.flatMap((each) => each.tasks).length;
  }

  private make(isHealthy: boolean): FakeTask {
    return task(`task${this.made++}`, isHealthy);
  }

  private deployment(): FakeDeployment {
    return { tasks: [], share: 0, mayStart: true, completed: false };
  }
}

describe('whatever happens', () => {
  const SEEDS = Array.from({ length: 2000 }, (_, i) => `rollout ${i}`);

  test('never below the minimum, never above the maximum, and it ends', () => {
    for (const seed of SEEDS) {
      try {
        new World(randomOf(seed)).run();
      } catch (cause) {
        throw new Error(`With the seed "${seed}": ${(cause as Error).message}`, { cause });
      }
    }
  });
});
