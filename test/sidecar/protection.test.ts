import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { LIMITS } from '../../sidecar/limits';
import { openLog } from '../../sidecar/log';
import { TaskProtection } from '../../sidecar/protection';
import { Standing } from '../../sidecar/standing';
import { Ecs, PROTECT, RELEASE } from './ecs';
import { ManualClock } from './manual-clock';
import { initialize, post, type StartedSidecar, startSdkServer, startSidecar, stopAll, until } from './started';

const MINUTE = 60_000;
const DEPLOY_WITHIN = 45 * MINUTE;

let ecs: Ecs;
let held: boolean;
let clock: ManualClock;
let standing: Standing;
let logged: { event: string; error?: string }[];
let blocked: number;

beforeEach(async () => {
  ecs = await Ecs.start();
  logged = [];
  held = true;
  blocked = 0;
  clock = new ManualClock();
});

afterEach(() => ecs.stop());

function protection(deployWithin = DEPLOY_WITHIN): TaskProtection {
  const log = openLog({}, { write: (line) => void logged.push(JSON.parse(line)) });
  standing = new Standing(ecs.service, deployWithin, clock, LIMITS, log, () => {});
  return new TaskProtection(
    ecs.agentUri,
    () => held,
    standing,
    clock,
    LIMITS,
    log,
    () => blocked++,
  );
}

/** Every minute, as long as `time` milliseconds. */
async function reviewFor(time: number, task: TaskProtection): Promise<void> {
  for (const end = clock.now() + time; clock.now() < end; clock.advance(MINUTE)) {
    await standing.review();
    await task.review();
  }
}

describe('task protection', () => {
  test('is taken in a short lease, renewed at half of it, and given back once when nothing is held', async () => {
    const task = protection();
    await task.review();
    clock.advance(LIMITS.protectionLease / 2 - 1);
    await task.review();
    expect(ecs.states).toEqual([PROTECT]);
    clock.advance(1);
    await task.review();
    expect(ecs.states).toEqual([PROTECT, PROTECT]);
    held = false;
    await task.review();
    await task.review();
    expect(ecs.states).toEqual([PROTECT, PROTECT, RELEASE]);
  });

  test('is not asked for while nothing is held, nor outside ECS', async () => {
    held = false;
    await protection().review();
    held = true;
    const log = openLog({}, { write: () => {} });
    await new TaskProtection(
      undefined,
      () => true,
      standing,
      clock,
      LIMITS,
      log,
      () => {},
    ).review();
    expect(ecs.states).toEqual([]);
  });

  test('of a current instance is renewed without end', async () => {
    await reviewFor(8 * 60 * MINUTE, protection());
    // Reviewed each minute, a lease of 15 is renewed at each eighth.
    expect(ecs.states).toHaveLength((8 * 60) / 8);
    expect(new Set(ecs.states.map((state) => JSON.stringify(state)))).toEqual(new Set([JSON.stringify(PROTECT)]));
  });

  test('of an outdated one ends after deployWithin: no lease reaches beyond it, and one that did is given back', async () => {
    const task = protection();
    await reviewFor(MINUTE, task);
    ecs.isOvertaken();
    await reviewFor(DEPLOY_WITHIN - MINUTE, task);
    const renewals = ecs.states.length;
    expect(ecs.states.at(-1)).toEqual({ ProtectionEnabled: true, ExpiresInMinutes: 1 });
    await reviewFor(DEPLOY_WITHIN, task);
    expect(ecs.states).toHaveLength(renewals);

    ecs.isCurrent();
    const hasty = protection(5 * MINUTE);
    await reviewFor(MINUTE, hasty);
    ecs.isOvertaken();
    await reviewFor(DEPLOY_WITHIN, hasty);
    expect(ecs.states.slice(renewals)).toEqual([PROTECT, RELEASE]);
  });

  test('where ECS cannot be asked ends after deployWithin although something is held, and begins anew only after nothing was', async () => {
    ecs.refusal = 'AccessDeniedException';
    const task = protection();
    await reviewFor(3 * DEPLOY_WITHIN, task);
    const renewals = ecs.states.length;
    // At minute 0, 8, 16, 24, 32, then shorter and shorter, for none reaches beyond 45, and the end of it.
    expect(ecs.states.slice(0, 5)).toEqual([PROTECT, PROTECT, PROTECT, PROTECT, { ...PROTECT, ExpiresInMinutes: 13 }]);
    expect(renewals).toBeLessThan(12);
    held = false;
    await task.review();
    held = true;
    await task.review();
    expect(ecs.states.slice(renewals)).toEqual([RELEASE, PROTECT]);
  });

  test('that a deployment stands against says nothing of this instance: a current one goes on, asks ECS at once, and again each minute', async () => {
    const task = protection();
    await standing.review();
    ecs.protectionRefusal = 'DEPLOYMENT_BLOCKED';
    await task.review();
    expect(logged).toMatchObject([{ event: 'task_protection_failed', error: 'DEPLOYMENT_BLOCKED' }]);
    const asked = ecs.asked.length;
    await standing.review();
    expect([ecs.asked.length, standing.outdatedAt]).toEqual([asked + 1, undefined]);
    clock.advance(LIMITS.blockedRetry - 1);
    await task.review();
    expect([ecs.states.length, blocked]).toEqual([1, 1]);
    clock.advance(1);
    ecs.protectionRefusal = undefined;
    await task.review();
    expect(logged.at(-1)).toMatchObject({ event: 'task_protection_set' });
  });

  test('that is refused for another reason is asked for again at the next review', async () => {
    const task = protection();
    ecs.protectionRefusal = 'TASK_NOT_VALID';
    await task.review();
    ecs.protectionRefusal = undefined;
    await task.review();
    expect([ecs.states, blocked]).toEqual([[PROTECT, PROTECT], 0]);
  });
});

test('the sidecar process protects its own task from its first session on', async () => {
  const server = await startSdkServer();
  let sidecar: StartedSidecar | undefined;
  try {
    sidecar = await startSidecar({ kind: 'http', url: server.url }, {}, ecs.environment);
    expect((await post(sidecar.url, initialize)).status).toBe(200);
    await until(() => ecs.states.length === 1, 'the protection');
    expect(ecs.states).toEqual([PROTECT]);
  } finally {
    await stopAll([sidecar?.process, server.process]);
  }
});
