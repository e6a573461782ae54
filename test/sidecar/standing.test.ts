import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { LIMITS } from '../../sidecar/limits';
import { openLog } from '../../sidecar/log';
import { Standing } from '../../sidecar/standing';
import { Ecs } from './ecs';
import { ManualClock } from './manual-clock';

const DEPLOY_WITHIN = 45 * 60_000;
/** The longest wait between two questions, as long as nothing is wrong and tasks are few. */
const NEXT = LIMITS.successorSettles * 1.25;

let ecs: Ecs;
let clock: ManualClock;
let standing: Standing;
let unknown: number;
let logged: { event: string; error?: string }[];

beforeEach(async () => {
  ecs = await Ecs.start();
  clock = new ManualClock();
  unknown = 0;
  logged = [];
  const log = openLog({}, { write: (line) => void logged.push(JSON.parse(line)) });
  standing = new Standing(ecs.service, DEPLOY_WITHIN, clock, LIMITS, log, () => unknown++);
});

afterEach(() => ecs.stop());

const isOutdated = () => standing.outdatedAt !== undefined;

/** At the latest time at which it asks again. */
async function reviewNext(): Promise<void> {
  clock.advance(NEXT);
  await standing.review();
}

describe('an instance is outdated', () => {
  test('once another deployment is the PRIMARY one, and all of it has been running for a while', async () => {
    await standing.review();
    expect([isOutdated(), standing.protectedUntil(clock.now())]).toEqual([false, Number.POSITIVE_INFINITY]);
    const currentAt = clock.now();
    ecs.isOvertaken(1);
    await reviewNext();
    expect([isOutdated(), standing.protectedUntil(clock.now())]).toEqual([false, currentAt + DEPLOY_WITHIN]);
    ecs.isOvertaken();
    await reviewNext();
    expect(isOutdated()).toBe(false);
    await reviewNext();
    expect([isOutdated(), standing.protectedUntil(clock.now())]).toEqual([true, currentAt + DEPLOY_WITHIN]);
    expect(logged.map(({ event }) => event)).toEqual(['instance_outdated']);
  });

  test('also by a forced deployment of the very same revision: ids tell, not task definitions', async () => {
    const taskDefinition = 'tools:7';
    ecs.deployments = [
      { id: 'ecs-svc/2', status: 'PRIMARY', taskDefinition, desiredCount: 1, runningCount: 1 },
      { id: 'ecs-svc/1', status: 'ACTIVE', taskDefinition, desiredCount: 1, runningCount: 1 },
    ];
    await standing.review();
    await reviewNext();
    expect(isOutdated()).toBe(true);
  });

  test('once those of a deployment in between run, where a third one has no room until it has gone itself', async () => {
    const [third, second, first] = [
      { id: 'ecs-svc/3', status: 'PRIMARY', desiredCount: 2, runningCount: 0 },
      { id: 'ecs-svc/2', status: 'ACTIVE', desiredCount: 2, runningCount: 2 },
      { id: 'ecs-svc/1', status: 'ACTIVE', desiredCount: 2, runningCount: 2 },
    ] as const;
    ecs.deployments = [third, { ...second, runningCount: 0 }, first];
    await standing.review();
    await reviewNext();
    expect(isOutdated()).toBe(false);
    ecs.deployments = [third, second, first];
    await reviewNext();
    await reviewNext();
    expect(isOutdated()).toBe(true);
  });

  test('not by a deployment that fails, and no longer once one has', async () => {
    ecs.isOvertaken(2, 1);
    await standing.review();
    await reviewNext();
    expect(isOutdated()).toBe(false);
    ecs.isOvertaken();
    await reviewNext();
    await reviewNext();
    expect(isOutdated()).toBe(true);
    // More of it are started: that is no failure.
    ecs.isOvertaken(1);
    await reviewNext();
    expect(isOutdated()).toBe(true);
    ecs.isOvertaken(1, 1);
    await reviewNext();
    expect(isOutdated()).toBe(false);
  });

  test('not after a rollback: its tasks are those of the deployment that brought them back, under whichever id', async () => {
    ecs.isOvertaken();
    await standing.review();
    await reviewNext();
    expect(isOutdated()).toBe(true);
    ecs.deployments = [
      { id: 'ecs-svc/3', status: 'PRIMARY', desiredCount: 2, runningCount: 2 },
      { id: 'ecs-svc/2', status: 'ACTIVE', desiredCount: 0, runningCount: 1, failedTasks: 3 },
    ];
    await reviewNext();
    expect([isOutdated(), standing.protectedUntil(0)]).toEqual([false, Number.POSITIVE_INFINITY]);
    expect(logged.map(({ event }) => event)).toEqual(['instance_outdated', 'instance_current_again']);
  });

  test('and overdue after deployWithin, however many deployments follow one another', async () => {
    await standing.review();
    const currentAt = clock.now();
    for (let deployment = 2; clock.now() + NEXT < currentAt + DEPLOY_WITHIN; ) {
      // A third and a fourth while the first instances are still there.
      if (clock.now() - currentAt > (deployment * DEPLOY_WITHIN) / 5) deployment++;
      ecs.deployments = Array.from({ length: deployment }, (_, at) => ({
        id: `ecs-svc/${deployment - at}`,
        status: at === 0 ? 'PRIMARY' : 'ACTIVE',
        desiredCount: 2,
        runningCount: 2,
      }));
      await reviewNext();
      expect(standing.isOverdue).toBe(false);
    }
    expect(ecs.deployments).toHaveLength(5);
    await reviewNext();
    expect([isOutdated(), standing.isOverdue]).toEqual([true, true]);
  });
});

describe('ECS is asked', () => {
  test('who has started the task once, and for its service now and then, with a signature', async () => {
    await standing.review();
    await standing.review();
    await reviewNext();
    expect(ecs.asked.map(({ operation }) => operation)).toEqual(['DescribeTasks', 'DescribeServices', 'DescribeServices']);
    expect(ecs.asked[0]?.input).toMatchObject({ cluster: 'fleet', tasks: [expect.stringMatching(/:task\/fleet\/0123abcd$/)] });
    expect(ecs.asked[1]?.input).toEqual({ cluster: 'fleet', services: ['tools'] });
    expect(ecs.asked[1]?.authorization).toMatch(/^AWS4-HMAC-SHA256 Credential=AKID\/\d{8}\/eu-central-1\/ecs\/aws4_request/);
  });

  test('at once when there is a reason', async () => {
    await standing.review();
    standing.askAtOnce();
    await standing.review();
    expect(ecs.asked).toHaveLength(3);
  });

  test('the more seldom the more instances there are', async () => {
    ecs.isCurrent(30);
    await standing.review();
    clock.advance(30 * LIMITS.askDeploymentEach - 1);
    await standing.review();
    expect(ecs.asked).toHaveLength(2);
    clock.advance(0.25 * 30 * LIMITS.askDeploymentEach + 1);
    await standing.review();
    expect(ecs.asked).toHaveLength(3);
  });

  test('more and more seldom while it throttles', async () => {
    ecs.refusal = 'ThrottlingException';
    await standing.review();
    for (let wait = 2 * LIMITS.askDeployment, asked = 1; wait < LIMITS.askDeploymentMost; wait *= 2) {
      clock.advance(wait - 1);
      await standing.review();
      expect(ecs.asked).toHaveLength(asked);
      clock.advance(0.25 * wait + 1);
      await standing.review();
      expect(ecs.asked).toHaveLength(++asked);
    }
  });
});

describe('where ECS cannot be asked', () => {
  test('the instance counts as current, its protection has an end, and that is told once', async () => {
    ecs.refusal = 'AccessDeniedException';
    for (let review = 0; review < 5; review++) {
      clock.advance(LIMITS.askDeploymentMost * 1.25);
      await standing.review();
    }
    expect([isOutdated(), standing.isOverdue, unknown]).toEqual([false, false, 1]);
    expect(logged).toMatchObject([{ event: 'deployment_unknown', error: 'AccessDeniedException' }]);
    expect(standing.protectedUntil(clock.now())).toBe(clock.now() + DEPLOY_WITHIN);
    ecs.refusal = undefined;
    await reviewNext();
    clock.advance(LIMITS.askDeploymentMost * 1.25);
    await standing.review();
    expect(standing.protectedUntil(0)).toBe(Number.POSITIVE_INFINITY);
  });

  test('outdated stays outdated', async () => {
    ecs.isOvertaken();
    await standing.review();
    await reviewNext();
    ecs.refusal = 'ThrottlingException';
    await reviewNext();
    expect(isOutdated()).toBe(true);
  });
});
