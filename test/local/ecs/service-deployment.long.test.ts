import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { DEFAULT_CIRCUIT_BREAKER, type DeploymentConfiguration } from '../../../local/ecs/deployment-configuration';
import type { EcsMachine } from '../../../local/ecs/machine';
import { Service } from '../../../local/ecs/service';
import { ServiceDeploymentFailed, ServiceDeploymentSuperseded } from '../../../local/ecs/service-deployment';
import type { Task } from '../../../local/ecs/task';
import type { TaskDefinition } from '../../../local/ecs/task-definition';
import { Balancer } from '../fixtures/load-balancer';
import { definitionOf, startMachine } from '../fixtures/tasks';

const NOW = { drainMs: 0, stopMs: 1000 };
const BREAKER: DeploymentConfiguration = {
  minimumHealthyPercent: 100,
  maximumPercent: 200,
  circuitBreaker: { ...DEFAULT_CIRCUIT_BREAKER, rollback: true },
};
let machine: EcsMachine & { stop(): Promise<void> };

beforeAll(async () => {
  machine = await startMachine();
});

afterAll(() => machine.stop());

const created: { service: Service; balancer: Balancer }[] = [];

// A test that fails must not leave programs behind.
afterEach(async () => {
  for (const { service, balancer } of created.splice(0)) {
    await service.stop(NOW);
    await balancer.close();
  }
});

/** Says its revision, and on `/slow` takes a while for that. */
function revision(number: number, listens = 'listen(process.env.PORT)'): TaskDefinition {
  const source = `
console.log('revision ${number} begins at', Date.now());
process.on('SIGTERM', () => { console.log('revision ${number} ends at', Date.now()); process.exit(0); });
setInterval(() => {}, 1000);
require('node:http').createServer((request, response) => {
  setTimeout(() => response.end('${number}'), request.url.endsWith('slow') ? 200 : 0);
}).${listens};`;
  const properties = { PortMappings: [{ ContainerPort: 80 }], Environment: [{ Name: 'PORT', Value: '80' }] };
  const definition = definitionOf({ app: source }, { app: properties });
  return { ...definition, arn: definition.arn.replace(/\d+$/, String(number)) };
}

/** Does not listen, and takes its time to end. */
function stubborn(number: number): TaskDefinition {
  const source = "process.on('SIGTERM', () => setTimeout(() => process.exit(0), 1000)); console.log('ready'); setInterval(() => {}, 1000);";
  const definition = definitionOf({ app: source }, { app: { PortMappings: [{ ContainerPort: 80 }] } });
  return { ...definition, arn: definition.arn.replace(/\d+$/, String(number)) };
}

const crashing = (number: number): TaskDefinition => revision(number, `on('error', () => {}); throw new Error('no such table')`);
/** Runs and never listens, until the test ends. */
const silent = (number: number): TaskDefinition => revision(number, `on('error', () => {})`);

async function start(
  definition: TaskDefinition,
  desiredCount: number,
  deploymentConfiguration?: DeploymentConfiguration,
  on: EcsMachine = machine,
) {
  const balancer = await Balancer.start({}, { UnhealthyThresholdCount: 2, HealthCheckIntervalSeconds: 5 });
  const service = new Service(
    {
      name: 'shop',
      arn: 'arn',
      cluster: 'c',
      definition,
      zones: ['a', 'b'],
      targets: [{ group: balancer.group, containerPort: 80 }],
      gracePeriodSeconds: 0,
      ...(deploymentConfiguration && { deploymentConfiguration }),
    },
    on,
  );
  created.push({ service, balancer });
  await service.deploy({ desiredCount });
  return { service, balancer, url: balancer.url };
}

const until = async (holds: () => boolean): Promise<void> => {
  while (!holds()) await new Promise((next) => setTimeout(next, 10));
};
const revisionsOf = (service: Service): string[] =>
  service.tasks.map(({ definition }) => definition.arn.split(':').at(-1) as string).sort();
const statesOf = (service: Service) => service.deployments().map(({ status, rolloutState }) => `${status} ${rolloutState}`);
const messagesOf = (service: Service): string[] => service.events().map(({ message }) => message);
const failureOf = async (deployment: Promise<void>): Promise<ServiceDeploymentFailed> => {
  const error = await deployment.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ServiceDeploymentFailed);
  return error as ServiceDeploymentFailed;
};

/** Asks again and again, over several connections, until stopped. @returns what was answered */
function load(url: string): () => Promise<string[]> {
  const answers: string[] = [];
  let stopped = false;
  const ask = async (path: string): Promise<void> => {
    while (!stopped) {
      const answer = await fetch(url + path).then(
        async (response) => `${response.status} ${await response.text()}`,
        (error: Error) => error.message,
      );
      answers.push(answer);
    }
  };
  const clients = ['', '', 'slow', 'slow'].map(ask);
  return async () => {
    stopped = true;
    await Promise.all(clients);
    return answers;
  };
}

describe('a rolling deployment', () => {
  test('of a new revision under load fails no request, and tells what it did', async () => {
    const { service, url } = await start(revision(1), 2);
    const [before] = service.deployments();
    expect(before).toMatchObject({ status: 'PRIMARY', rolloutState: 'COMPLETED', desired: 2, running: 2, pending: 0, failed: 0 });
    const answered = load(url);
    const old = service.tasks;
    const deployed = service.deploy({ definition: revision(2) });
    expect(statesOf(service)).toEqual(['PRIMARY IN_PROGRESS', 'ACTIVE COMPLETED']);
    await until(() => service.tasks.length === 4);
    expect(old.map((task) => service.isOutdated(task))).toEqual([true, true]);
    await deployed;
    const answers = await answered();

    expect(revisionsOf(service)).toEqual(['2', '2']);
    expect([...new Set(answers)].sort()).toEqual(['200 1', '200 2']);
    expect(service.settings.definition.arn).toMatch(/:2$/);
    const [after, ...none] = service.deployments();
    expect(none).toEqual([]);
    expect(after).toMatchObject({
      status: 'PRIMARY',
      rolloutState: 'COMPLETED',
      rolloutStateReason: `ECS deployment ${after?.id} completed.`,
      taskDefinition: expect.stringMatching(/:2$/),
      running: 2,
    });
    expect(after?.id).toMatch(/^ecs-svc\/\d{19}$/);
    expect(after?.id).not.toBe(before?.id);
    const messages = messagesOf(service);
    expect(messages.slice(0, 2)).toEqual([
      `(service shop) (deployment ${after?.id}) deployment completed.`,
      '(service shop) has reached a steady state.',
    ]);
    expect(messages.filter((message) => message.includes('has stopped 1 running tasks')).length).toBe(2);
  });

  test('that is forced replaces every task; another count alone begins none', async () => {
    const { service } = await start(revision(1), 1);
    const [first] = service.tasks as [Task];
    const [{ id } = { id: '' }] = service.deployments();
    await service.deploy({ definition: revision(1), desiredCount: 2 });
    expect(service.tasks).toContain(first);
    expect(service.tasks.length).toBe(2);
    expect(service.deployments().map((deployment) => deployment.id)).toEqual([id]);
    await service.deploy({ forceNewDeployment: true });
    expect(service.tasks).not.toContain(first);
    expect([service.tasks.length, service.desiredCount]).toEqual([2, 2]);
    expect(service.deployments().map((deployment) => deployment.id)).not.toContain(id);
  });

  test('stops before it starts where the maximum allows no more', async () => {
    const { service } = await start(revision(1), 1, { minimumHealthyPercent: 0, maximumPercent: 100 });
    const counts = new Set<number>();
    const [old] = service.tasks as [Task];
    const deployed = service.deploy({ definition: revision(2) });
    const watch = setInterval(() => counts.add(service.tasks.length), 2);
    await deployed;
    clearInterval(watch);
    expect(Math.max(...counts)).toBe(1);
    const at = ({ containers: [container] }: Task, what: string) =>
      Number(
        container?.log
          .tail()
          .find((line) => line.includes(what))
          ?.split(' ')
          .at(-1),
      );
    const [fresh] = service.tasks as [Task];
    await until(() => at(fresh, 'begins') > 0);
    expect(at(fresh, 'begins')).toBeGreaterThanOrEqual(at(old, 'ends'));
  });

  test('waits for a protected task until it is released', async () => {
    const { service } = await start(revision(1), 1);
    const [held] = service.tasks as [Task];
    held.protectedUntil = Date.now() + 600_000;
    const deployed = service.deploy({ definition: revision(2) });
    const blocked = (message: string): boolean => message.includes('protected tasks are more than the desired count');
    await until(() => messagesOf(service).some(blocked));
    expect(revisionsOf(service)).toEqual(['1', '2']);
    expect(statesOf(service)).toEqual(['PRIMARY IN_PROGRESS', 'ACTIVE COMPLETED']);
    // Nobody gets more time while more tasks are protected than shall run.
    expect(held.isDeploymentBlocked).toBe(false);
    for (const task of service.tasks) task.protectedUntil = Date.now() + 600_000;
    expect(held.isDeploymentBlocked).toBe(true);
    // It ends by itself, too.
    held.protectedUntil = Date.now() + 50;
    await deployed;
    expect(revisionsOf(service)).toEqual(['2']);
  });

  test('does not wait for a protected one where replaced tasks have bounds; what it has begun, it finishes', async () => {
    const { service, url } = await start(revision(1), 1, BREAKER, { ...machine, replaceWithin: { drainMs: 1000, stopMs: 1000 } });
    for (const task of service.tasks) task.protectedUntil = Date.now() + 600_000;
    const slow = fetch(`${url}slow`).then((response) => response.text());
    await service.deploy({ definition: revision(2) });
    expect(revisionsOf(service)).toEqual(['2']);
    expect(await slow).toBe('1');
    for (const task of service.tasks) task.protectedUntil = Date.now() + 600_000;
    await failureOf(service.deploy({ definition: crashing(3) }));
    expect(revisionsOf(service)).toEqual(['2']);
  });
});

describe('a deployment that fails', () => {
  test('is rolled back by the circuit breaker; the tasks before it stay', async () => {
    const { service, url } = await start(revision(1), 2, BREAKER);
    const before = service.tasks;
    const [{ id } = { id: '' }] = service.deployments();
    const answered = load(url);
    const failure = await failureOf(service.deploy({ definition: crashing(2) }));
    expect(new Set(await answered())).toEqual(new Set(['200 1']));
    expect(failure.reason).toBe('tasks failed to start');
    expect(failure.message).toMatch(/^Service shop: the deployment ecs-svc\/\d+ failed: tasks failed to start\.[\s\S]*no such table/);
    expect(service.tasks).toEqual(before);
    expect(service.settings.definition.arn).toMatch(/:1$/);
    expect(service.deployments()).toMatchObject([
      { status: 'PRIMARY', rolloutState: 'COMPLETED', taskDefinition: expect.stringMatching(/:1$/) },
    ]);
    expect(messagesOf(service)).toEqual(
      expect.arrayContaining([
        `(service shop) (deployment ${failure.deployment}) deployment failed: tasks failed to start.`,
        `(service shop) rolling back to (deployment ${id}).`,
      ]),
    );
    expect(before.map((task) => service.isOutdated(task))).toEqual([false, false]);
    // What it came back to can be deployed from again.
    await service.deploy({ definition: revision(3) });
    expect(revisionsOf(service)).toEqual(['3', '3']);
  });

  test('stays FAILED without a rollback, and starts nothing more', async () => {
    const { service } = await start(revision(1), 1, { ...BREAKER, circuitBreaker: DEFAULT_CIRCUIT_BREAKER });
    const failure = await failureOf(service.deploy({ definition: crashing(2) }));
    expect(statesOf(service)).toEqual(['PRIMARY FAILED', 'ACTIVE COMPLETED']);
    expect(service.deployments()[0]).toMatchObject({
      id: failure.deployment,
      failed: 3,
      rolloutStateReason: 'ECS deployment circuit breaker: tasks failed to start.',
    });
    await until(() => service.tasks.length === 1);
    expect(revisionsOf(service)).toEqual(['1']);
    await service.deploy({ definition: revision(3) });
    expect(revisionsOf(service)).toEqual(['3']);
  });

  test('is tried on without a circuit breaker, until its caller has enough', async () => {
    const { service } = await start(revision(1), 1);
    const caller = new AbortController();
    const deployed = failureOf(service.deploy({ definition: crashing(2) }, { signal: caller.signal }));
    await until(() => (service.deployments()[0]?.failed ?? 0) >= 4);
    expect(statesOf(service)[0]).toBe('PRIMARY IN_PROGRESS');
    caller.abort();
    expect((await deployed).reason).toBe('it was stopped by its caller');
    expect(revisionsOf(service)).toEqual(['1']);
    expect(statesOf(service)).toEqual(['PRIMARY COMPLETED']);
  });

  test('at first is told with the end of the log, and goes back to nothing', async () => {
    const failure = await failureOf(start(crashing(1), 2, BREAKER).then(() => undefined));
    expect(failure.message).toMatch(/no such table/);
  });
});

describe('deployments that overtake each other', () => {
  test('the newest one is PRIMARY, the one between is gone first, and its caller is told', async () => {
    const { service } = await start(revision(1), 2);
    const between = service.deploy({ definition: silent(2) });
    const told = between.catch((error: unknown) => error);
    await until(() => service.tasks.length === 4);
    const deployed = service.deploy({ definition: revision(3) });
    const error = (await told) as ServiceDeploymentSuperseded;
    expect(error).toBeInstanceOf(ServiceDeploymentSuperseded);
    expect(statesOf(service)).toEqual(['PRIMARY IN_PROGRESS', 'ACTIVE IN_PROGRESS', 'ACTIVE COMPLETED']);
    expect(
      service
        .deployments()
        .slice(0, 2)
        .map(({ id }) => id),
    ).toEqual([error.by, error.deployment]);
    await until(() => !revisionsOf(service).includes('2'));
    expect(revisionsOf(service).filter((number) => number === '1')).toEqual(['1', '1']);
    await deployed;
    expect(revisionsOf(service)).toEqual(['3', '3']);
  });

  test('also a rollback is overtaken, and the deployment that it ends is told to have failed', async () => {
    const { service } = await start(revision(1), 1);
    const caller = new AbortController();
    const told = failureOf(service.deploy({ definition: stubborn(2) }, { signal: caller.signal }));
    await until(() => service.tasks.some(({ containers: [container] }) => container?.log.tail().includes('ready')));
    caller.abort();
    expect(service.deployments()[0]).toMatchObject({
      rolloutState: 'IN_PROGRESS',
      taskDefinition: expect.stringMatching(/:1$/),
      rolloutStateReason: expect.stringMatching(/^ECS deployment cancellation: rolling back to deploymentId ecs-svc/),
    });
    await service.deploy({ definition: revision(3) });
    expect((await told).reason).toBe('it was stopped by its caller');
    expect(revisionsOf(service)).toEqual(['3']);
  });
});

describe('a service that is removed', () => {
  test('is drained, and a deployment of it is told', async () => {
    const { service, balancer, url } = await start(revision(1), 2);
    for (const task of service.tasks) task.protectedUntil = Date.now() + 600_000;
    const slow = fetch(`${url}slow`).then((response) => response.text());
    await until(() => balancer.group.all().some(({ inFlight }) => inFlight > 0));
    const deployed = failureOf(service.deploy({ definition: silent(2) }));
    await service.remove();
    expect((await deployed).reason).toBe('the service was deleted');
    expect(await slow).toBe('1');
    expect([service.tasks, balancer.group.all(), service.desiredCount]).toEqual([[], [], 0]);
    await failureOf(service.deploy({ definition: revision(3) }));
  });
});

test('behind no load balancer a task counts when it has gone on running for a while', async () => {
  const { service } = await start(revision(1), 0);
  const failing = { ...definitionOf({ app: 'setTimeout(() => process.exit(1), 300)' }), arn: 'arn:aws:ecs:r:0:task-definition/test:2' };
  const failed = failureOf(service.deploy({ definition: failing, targets: [], desiredCount: 1, deploymentConfiguration: BREAKER }));
  expect((await failed).reason).toBe('tasks failed to start');
  await service.deploy({
    definition: { ...definitionOf({ app: 'setInterval(() => {}, 1000)' }), arn: 'arn:aws:ecs:r:0:task-definition/test:3' },
    targets: [],
    desiredCount: 1,
  });
  expect(statesOf(service)).toEqual(['PRIMARY COMPLETED']);
});
